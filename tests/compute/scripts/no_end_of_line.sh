#!/bin/bash
#SBATCH --gpus-per-node=1 --time=10