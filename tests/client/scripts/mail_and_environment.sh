#!/bin/bash
#SBATCH --gpus=1
#SBATCH --time=60
#SBATCH --mail-type=END,FAIL
#SBATCH --mail-user=kim@example.org
#SBATCH --export=NONE
python train.py
