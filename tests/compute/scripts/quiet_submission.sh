#!/bin/bash
#SBATCH --parsable --quiet
#SBATCH --ignore-pbs
#PBS -l walltime=10:00:00
#SBATCH -G1 -t5
true
