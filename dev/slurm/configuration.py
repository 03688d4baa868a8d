"""The configuration files of a cluster and of the shared accounting, as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PARTITION = "gpu"
GPUS = 8
# The daemons' user; slurmrestd must be neither root nor this one.
SLURM_USER = "cesai-slurm"
REST_USER = "nobody"


@dataclass(frozen=True)
class Shared:
    """What every cluster of a site has in common."""

    directory: Path
    plugins: Path
    hostname: str
    accounting_port: int

    @property
    def munge_socket(self) -> Path:
        return self.directory / "munge" / "socket"

    @property
    def jwt_key(self) -> Path:
        return self.directory / "jwt.key"

    @property
    def database_socket(self) -> Path:
        return self.directory / "database" / "socket"

    def authentication(self) -> str:
        """Lines for slurm.conf and slurmdbd.conf alike.

        Users cannot make tokens for themselves: a job could otherwise keep a lasting one.
        """
        return f"""\
AuthType=auth/munge
AuthInfo=socket={self.munge_socket}
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key={self.jwt_key},disable_token_creation
PluginDir={self.plugins}
SlurmUser={SLURM_USER}
"""

    def slurmdbd_conf(self) -> str:
        """Reached through the database's unix socket, as the UNIX user, without a password."""
        return f"""\
{self.authentication()}
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={self.accounting_port}
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser={SLURM_USER}
StorageLoc=slurm
PidFile={self.directory}/slurmdbd/daemon.pid
DebugLevel=info
DebugLevelSyslog=quiet
"""

    def slurm_conf(self, cluster: str, directory: Path, *, controller: int, node: int) -> str:
        """One node that claims more processors, memory and GPUs than the machine has.

        Scheduling and accounting intervals are the shortest Slurm takes, so that people and
        tests see a short job start, end and appear in the accounting within seconds.
        """
        return f"""\
ClusterName={cluster}
SlurmctldHost={self.hostname}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
{self.authentication()}
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/state/daemon.pid
SlurmdPidFile={directory}/spool/daemon.pid
SlurmctldSyslogDebug=quiet
SlurmdSyslogDebug=quiet
SlurmctldDebug=info
SlurmdDebug=info

ProctrackType=proctrack/linuxproc
MpiDefault=none
PropagateResourceLimits=NONE
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=5
ReturnToService=2
KillWait=2
MaxJobCount=50000
SlurmdParameters=config_overrides

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
DefMemPerCPU=1024
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
PriorityType=priority/multifactor
PriorityDecayHalfLife=0
PriorityUsageResetPeriod=NONE
PriorityCalcPeriod=1

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={self.accounting_port}
AccountingStoragePass={self.munge_socket}
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations,limits,qos,safe
AccountingStoreFlags=job_comment,job_script

NodeName={cluster}1 NodeHostname={self.hostname} NodeAddr=127.0.0.1 \
CPUs=64 RealMemory=262144 Gres=gpu:{GPUS} State=UNKNOWN
PartitionName={PARTITION} Nodes={cluster}1 Default=YES DefaultTime=60 MaxTime=2880 State=UP
PartitionName=cpu Nodes={cluster}1 MaxCPUsPerNode=16 DefaultTime=60 MaxTime=2880 State=UP
"""


def gres_conf(directory: Path) -> str:
    """GPUs as links to /dev/null: by count alone the node would be drained."""
    return f"AutoDetect=off\nName=gpu File={directory}/gpu[0-{GPUS - 1}]\n"
