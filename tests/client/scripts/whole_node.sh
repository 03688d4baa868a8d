#!/bin/bash
#SBATCH --nodes=1 --exclusive --mem=0
#SBATCH --gres=gpu:8
#SBATCH --time=24:00:00
torchrun --standalone --nproc-per-node=8 train.py
