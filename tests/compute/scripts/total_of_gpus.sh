#!/bin/sh
#SBATCH -G 16 -t 1-12
srun ./evaluate
