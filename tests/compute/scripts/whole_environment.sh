#!/bin/bash
#SBATCH --export=ALL,HF_HOME=/tmp/hf
#SBATCH --get-user-env
#SBATCH --comment="for the paper"
#SBATCH --gpus=1
#SBATCH --time=60
./run
