#!/bin/bash
#SBATCH --job-name=finetune
#SBATCH --time=04:00:00
#SBATCH --gres=gpu:1
#SBATCH --mem=64G
#SBATCH --cpus-per-task=8

module load cuda
srun python finetune.py --config small.yaml
