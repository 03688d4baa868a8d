#!/bin/bash
#SBATCH --gpus=1
#SBATCH --time=23:59:00
#SBATCH --signal=B:USR1@300
#SBATCH --open-mode=append
#SBATCH --requeue
python train.py
