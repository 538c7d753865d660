//! The local place on this machine: namespaces, cgroups and mounts, as root.
