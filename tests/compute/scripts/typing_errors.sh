#!/bin/bash
#SBATCH --jobname=oops
#SBATCH --time=2h
#SBATCH --node=2
#SBATCH -gres=gpu:1
#SBATCH mem=4G
#SBATCH --ntasks = 4
#SBATCH --output="logs/%j
./run
