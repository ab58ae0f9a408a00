# SPDX-License-Identifier: MIT
"""Providers of Windows ready for use, with the keywords, levels and event ids that matter."""

from __future__ import annotations

import uuid

from pyetwkit._live.provider import EtwProvider

_INFO, _VERBOSE = 4, 5


def _provider(
    name: str, id: str, *, keywords: int = 0, level: int = _INFO, event_ids: tuple[int, ...] = ()
) -> EtwProvider:
    """By name and GUID, so that nothing has to be looked up."""
    provider = EtwProvider(uuid.UUID(id), name).of_system().level(level)
    if keywords:
        provider = provider.keywords_any(keywords)
    return provider.event_ids(event_ids) if event_ids else provider


def _kernel_process(keywords: int, *event_ids: int) -> EtwProvider:
    return _provider(
        "Microsoft-Windows-Kernel-Process",
        "22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716",
        keywords=keywords,
        event_ids=event_ids,
    )


def _kernel_file(keywords: int) -> EtwProvider:
    return _provider("Microsoft-Windows-Kernel-File", "edd08927-9cc4-4e65-b970-c2560fb5c289", keywords=keywords)


def _kernel_registry(keywords: int = 0, *event_ids: int) -> EtwProvider:
    return _provider(
        "Microsoft-Windows-Kernel-Registry",
        "70eb4f03-c1de-4f73-a051-33d13d5413bd",
        keywords=keywords,
        event_ids=event_ids,
    )


def _dotnet(keywords: int) -> EtwProvider:
    return _provider("Microsoft-Windows-DotNETRuntime", "e13c0d23-ccbc-4e12-931b-d9cc2eee27e4", keywords=keywords)


class KernelProvider:
    """What the kernel's own manifest providers tell, one for each part of it. They need an administrator's rights."""

    @staticmethod
    def process() -> EtwProvider:
        """Processes that start and stop, and those that ran already."""
        return _kernel_process(0x10)

    @staticmethod
    def thread() -> EtwProvider:
        """Threads that start and stop."""
        return _kernel_process(0x20)

    @staticmethod
    def image() -> EtwProvider:
        """Modules that are loaded and unloaded."""
        return _kernel_process(0x40)

    @staticmethod
    def file() -> EtwProvider:
        """All that is done with files; much."""
        return _kernel_file(0x1FF0)

    @staticmethod
    def network() -> EtwProvider:
        """TCP and UDP over IPv4 and IPv6: connections, and the sizes of what is sent and received."""
        return _provider(
            "Microsoft-Windows-Kernel-Network", "7dd42a49-5329-4832-8dfd-43d979153a88", keywords=0x10 | 0x20
        )

    @staticmethod
    def registry() -> EtwProvider:
        """All that is done with the registry; much."""
        return _kernel_registry()

    @staticmethod
    def disk() -> EtwProvider:
        """Reads, writes and flushes of disks."""
        return _provider("Microsoft-Windows-Kernel-Disk", "c7bde69a-e1e0-4177-b6ef-283ad1525271")

    @staticmethod
    def memory() -> EtwProvider:
        """How memory is used, from time to time; working sets that are swapped; large allocations."""
        return _provider("Microsoft-Windows-Kernel-Memory", "d1d93ef7-e1f2-4f45-9943-03d245fe6c00", keywords=0x7E0)


class ProcessProvider:
    """Microsoft-Windows-Kernel-Process."""

    @staticmethod
    def all() -> EtwProvider:
        """Processes, threads and modules."""
        return _kernel_process(0x10 | 0x20 | 0x40)

    @staticmethod
    def process_lifecycle() -> EtwProvider:
        """Starts and stops of processes alone."""
        return _kernel_process(0x10, 1, 2)

    @staticmethod
    def thread_lifecycle() -> EtwProvider:
        """Starts and stops of threads alone."""
        return _kernel_process(0x20, 3, 4)

    @staticmethod
    def image_loads() -> EtwProvider:
        """Modules that are loaded and unloaded."""
        return _kernel_process(0x40, 5, 6)


class NetworkProvider:
    """Names, connections, sockets, requests."""

    @staticmethod
    def dns() -> EtwProvider:
        """Queries of the DNS client, as asked and as answered: each event has a QueryName."""
        return _provider(
            "Microsoft-Windows-DNS-Client",
            "1c95126e-7eea-49a9-a3fe-a378b03ddb4d",
            event_ids=(3006, 3008, 3018, 3020),
        )

    @staticmethod
    def tcpip() -> EtwProvider:
        """TCP/IP: endpoints, listeners, connections made and closed; not each segment."""
        return _provider(
            "Microsoft-Windows-TCPIP",
            "2f07e2ee-15db-40f1-90ef-9d7ba282188a",
            keywords=0xF | 0x400000000 | 0x1000000000,
        )

    @staticmethod
    def winsock() -> EtwProvider:
        """What programs do with their sockets."""
        return _provider("Microsoft-Windows-Winsock-AFD", "e53c6823-7bb8-44bb-90dc-3f86090d48a6")

    @staticmethod
    def http() -> EtwProvider:
        """Requests, responses and connections of http.sys, the server in Windows (IIS, WinRM)."""
        return _provider(
            "Microsoft-Windows-HttpService", "dd5ef90a-6398-47a4-ad34-4dcecdef795f", keywords=0x2 | 0x4 | 0x10
        )

    @staticmethod
    def http_client() -> EtwProvider:
        """Requests, responses and TLS of programs that go by way of WinINet. With level 5 their headers, too."""
        return _provider("Microsoft-Windows-WinINet", "43d1a55c-76d6-4f7e-995c-64c711e5cafe", keywords=0x2 | 0x10)

    @staticmethod
    def firewall() -> EtwProvider:
        """Rules and settings of the Windows firewall, as they change."""
        return _provider(
            "Microsoft-Windows-Windows Firewall With Advanced Security", "d1bc9aff-2abf-4d71-9146-ecb2a986eb85"
        )


class FileProvider:
    """Files: Microsoft-Windows-Kernel-File, and NTFS."""

    @staticmethod
    def kernel() -> EtwProvider:
        """All that is done with files; much."""
        return KernelProvider.file()

    @staticmethod
    def opens() -> EtwProvider:
        """Files that are opened or made, by path."""
        return _kernel_file(0x80 | 0x1000)

    @staticmethod
    def io() -> EtwProvider:
        """Reads and writes, and the names that belong to their FileObject and FileKey."""
        return _kernel_file(0x10 | 0x100 | 0x200)

    @staticmethod
    def changes() -> EtwProvider:
        """Files that are made, renamed, linked, deleted, by path."""
        return _kernel_file(0x400 | 0x800 | 0x1000)

    @staticmethod
    def ntfs() -> EtwProvider:
        """What the NTFS driver tells of its volumes."""
        return _provider("Microsoft-Windows-Ntfs", "3ff37a1c-a68d-4d6e-8c9b-f79e8b16c482")


class RegistryProvider:
    """Microsoft-Windows-Kernel-Registry."""

    @staticmethod
    def all() -> EtwProvider:
        """All that is done with the registry; much."""
        return _kernel_registry()

    @staticmethod
    def changes() -> EtwProvider:
        """Keys and values that are made, set, deleted; security that is set."""
        return _kernel_registry(0x1000 | 0x4000 | 0x100 | 0x200 | 0x40 | 0x4, 1, 3, 5, 6, 11, 15)


class SecurityProvider:
    """What defenders watch. Windows keeps two of them for itself: see each."""

    @staticmethod
    def auditing() -> EtwProvider:
        """The events of the Security log. Windows gives them to that log's own session alone (EventLog-Security)."""
        return _provider("Microsoft-Windows-Security-Auditing", "54849625-5478-4994-a5ba-3e3b0328c30d")

    @staticmethod
    def threat_intelligence() -> EtwProvider:
        """Memory of other processes that is allocated, protected, mapped, read, written; their threads. Windows gives
        them to protected processes of anti-malware makers alone."""
        return _provider(
            "Microsoft-Windows-Threat-Intelligence", "f4e1897c-bb5d-5668-f1d8-040f4d8dd344", keywords=0x3FFFFFF
        )

    @staticmethod
    def amsi() -> EtwProvider:
        """What programs have scanned for malware: scripts, macros, .NET assemblies, with their content."""
        return _provider(
            "Microsoft-Antimalware-Scan-Interface", "2a576b87-09a7-520e-c21a-4942f0271d67", event_ids=(1101,)
        )

    @staticmethod
    def powershell() -> EtwProvider:
        """Commands and script blocks that PowerShell runs, with their text."""
        return _provider(
            "Microsoft-Windows-PowerShell",
            "a0c1853b-5c40-4b15-8766-3cf1c58f985a",
            keywords=0x1 | 0x20,
            level=_VERBOSE,  # of script blocks and their starts
            event_ids=(4103, 4104, 4105, 4106),
        )


class DotNetProvider:
    """The .NET runtime, also that of .NET Framework."""

    @staticmethod
    def clr() -> EtwProvider:
        """Garbage collections, exceptions, lock contention, threads, what is loaded and compiled."""
        return _dotnet(0x1 | 0x8 | 0x10 | 0x4000 | 0x8000 | 0x10000)

    @staticmethod
    def gc() -> EtwProvider:
        """Garbage collections, without each allocation."""
        return _dotnet(0x1)

    @staticmethod
    def exceptions() -> EtwProvider:
        """Exceptions that are thrown, and where they are caught."""
        return _dotnet(0x8000)

    @staticmethod
    def jit() -> EtwProvider:
        """Methods that are compiled."""
        return _dotnet(0x10)

    @staticmethod
    def contention() -> EtwProvider:
        """Locks that threads wait for."""
        return _dotnet(0x4000)

    @staticmethod
    def clr_rundown() -> EtwProvider:
        """At the end of a session: all methods and modules there are, so that addresses can be named."""
        return _provider(
            "Microsoft-Windows-DotNETRuntimeRundown",
            "a669021c-c450-4609-a035-5af59af4df18",
            keywords=0x8 | 0x10 | 0x20 | 0x100,
        )
