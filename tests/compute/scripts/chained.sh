#!/bin/bash
#SBATCH --dependency=afterok:123456
#SBATCH --begin=2030-01-01T20:00
#SBATCH --signal=B:USR1@300
#SBATCH --open-mode=append
#SBATCH --gpus=1 --time=20:00:00
srun ./continue
