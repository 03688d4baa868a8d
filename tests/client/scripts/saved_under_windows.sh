#!/bin/bash
#SBATCH --gpus=1
#SBATCH --time=60
python train.py
