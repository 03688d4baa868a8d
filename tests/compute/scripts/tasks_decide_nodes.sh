#!/bin/bash
#SBATCH --ntasks=12
#SBATCH --ntasks-per-node=4
#SBATCH --gres=gpu:4
#SBATCH --time=6:00:00
#SBATCH --mem=0480G
mpirun ./solver
