#!/bin/bash
#SBATCH --gpus=16 --nodes=2
#SBATCH --ntasks=16
#SBATCH --time=02:30:00
#SBATCH --error=/dev/null
srun apptainer exec --nv torch.sif python -u bench.py
