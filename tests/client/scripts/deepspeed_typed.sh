#!/bin/bash
#SBATCH --nodes=4
#SBATCH --gres=gpu:a100:8
#SBATCH --ntasks-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --mem=900G
#SBATCH --time=24:00:00
export NCCL_IB_HCA=mlx5 TORCH_NCCL_ASYNC_ERROR_HANDLING=1
srun --cpu-bind=cores deepspeed_launch.sh stage3.json
