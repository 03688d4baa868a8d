#!/bin/bash
# -----------------------------------------------------------
# Training of the tokenizer comparison. Ask Kim before a change.
# -----------------------------------------------------------

##SBATCH --partition=debug
#SBATCH --partition=gpu

    # resources
#SBATCH --gpus-per-node=2
##SBATCH --time=00:10:00
#SBATCH --time=08:00:00

set -euo pipefail
srun python tokenizer.py
