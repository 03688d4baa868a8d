#!/bin/bash
#SBATCH --job-name=lora-7b
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=04:00:00
#SBATCH --output=slurm-%x-%j.out

module purge
module load cuda/12.4 python/3.11
source ~/venvs/lora/bin/activate
python finetune.py --base base-7b --lora-rank 16
