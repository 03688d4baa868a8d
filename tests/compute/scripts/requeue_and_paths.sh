#!/bin/bash
#SBATCH --requeue
#SBATCH --chdir=/scratch/p_nlp/run7
#SBATCH --output="/scratch/p_nlp/run7/out %j.log"
#SBATCH --gres=gpu:a100:2
#SBATCH --time=3-12:30
srun ./resume
