#!/bin/bash
##SBATCH --qos=debug
##SBATCH --mail-type=ALL
# SBATCH --exclusive
#SBATCH --gres=gpu:a100:1   # was: --gres=gpu:v100:1

#SBATCH --time=3:00:00
    #SBATCH --mem=1G
echo "$(date) start"
