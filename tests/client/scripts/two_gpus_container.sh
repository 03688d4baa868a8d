#!/bin/bash
#SBATCH -J eval-suite
#SBATCH --gpus=2
#SBATCH -N 1
#SBATCH -c 16
#SBATCH -t 90
#SBATCH -o logs/eval.%j.out
#SBATCH -e logs/eval.%j.err
set -euo pipefail
singularity exec --nv --bind "$PWD:/work" images/eval.sif \
    python -m lm_eval --model hf --tasks arc_de,hellaswag_de
