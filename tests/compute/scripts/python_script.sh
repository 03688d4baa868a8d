#!/usr/bin/env python3
#SBATCH --time=30
#SBATCH --gres=gpu:1
"""A job that is no shell script."""

import os

print(os.environ["CUDA_VISIBLE_DEVICES"])
