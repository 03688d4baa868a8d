#!/bin/bash
#SBATCH --qos=a100 --constraint=nvlink --reservation=workshop
#SBATCH --mem-per-gpu=90G --cpus-per-gpu=12
#SBATCH --gpus=4
#SBATCH --licenses=matlab:1
#SBATCH --time=60
python train.py
