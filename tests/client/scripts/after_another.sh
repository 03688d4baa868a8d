#!/bin/bash
#SBATCH --dependency=afterok:4711:4712
#SBATCH -b now+1hour
#SBATCH --gpus=4
#SBATCH --time=08:00:00
python merge.py
