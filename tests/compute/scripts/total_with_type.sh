#!/bin/bash
#SBATCH --gpus=h100:8 --nodes=2   # four a node
#SBATCH --time=90
exec srun ./bench
