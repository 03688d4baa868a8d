#!/bin/bash
#SBATCH --gres=gpu:1
#SBATCH --time=60
module purge
#SBATCH --account=forgotten
#SBATCH --nodes=4
srun ./run
