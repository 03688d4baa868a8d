#!/bin/bash
#SBATCH --gpus=1 --time=15
cat > next.sh <<'NEXT'
#!/bin/bash
#SBATCH --array=1-100
echo "$SLURM_ARRAY_TASK_ID"
NEXT
