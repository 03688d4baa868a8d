#!/bin/bash
#SBATCH --nodes=2
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --constraint=a100_80
#SBATCH --nodelist=gpu[01-02]
#SBATCH --time=1:00:00
srun ./scale
