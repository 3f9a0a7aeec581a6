//! What the running machine has of memory, swap and processors, and how busy it is.

use super::Machine;
use crate::value::{Fault, Share};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;
use sysinfo::{CpuRefreshKind, LoadAvg, MemoryRefreshKind, System};

impl Machine {
    /// Memory that programs can have without swapping, of all memory: `MemAvailable` in proc_meminfo(5).
    pub fn memory_available(&self) -> Result<Share, Fault> {
        let system = memory()?;
        Ok(Share { part: system.available_memory(), whole: system.total_memory() })
    }

    /// Swap in use, of all swap. A machine without swap uses 0 of 0.
    pub fn swap_used(&self) -> Result<Share, Fault> {
        let system = memory()?;
        Ok(Share { part: system.used_swap(), whole: system.total_swap() })
    }

    /// Processors that are online.
    pub fn cpus(&self) -> Result<usize, Fault> {
        let mut system = system()?;
        system.refresh_cpu_list(CpuRefreshKind::nothing());
        match system.cpus().len() {
            0 => Err(Fault::Failed("/proc/stat names no processor".into())),
            count => Ok(count),
        }
    }

    /// proc_loadavg(5): over 1, 5 and 15 minutes.
    pub fn load(&self) -> Result<LoadAvg, Fault> {
        System::load_average().map_err(|e| Fault::Failed(format!("/proc/loadavg: {e}")))
    }

    /// Time since boot, sleep included.
    pub fn uptime(&self) -> Duration {
        let now = clock_gettime(ClockId::Boottime);
        Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
    }
}

fn system() -> Result<System, Fault> {
    System::new().map_err(|e| Fault::Failed(e.to_string()))
}

/// The library reads nothing as 0 where /proc/meminfo cannot be read, so no memory at all is a fault.
fn memory() -> Result<System, Fault> {
    let mut system = system()?;
    system.refresh_memory_specifics(MemoryRefreshKind::everything());
    match system.total_memory() {
        0 => Err(Fault::Failed("/proc/meminfo cannot be parsed".into())),
        _ => Ok(system),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kib(name: &str) -> u64 {
        let text = std::fs::read_to_string("/proc/meminfo").unwrap();
        let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    #[test]
    fn memory_and_swap_are_what_proc_says() {
        let machine = Machine(());
        let memory = machine.memory_available().unwrap();
        assert_eq!(memory.whole, kib("MemTotal"));
        assert!(memory.part.abs_diff(kib("MemAvailable")) < memory.whole / 20);
        let swap = machine.swap_used().unwrap();
        assert_eq!(swap.whole, kib("SwapTotal"));
        assert!(swap.part.abs_diff(kib("SwapTotal") - kib("SwapFree")) <= swap.whole / 20);
    }

    #[test]
    fn processors_load_and_uptime_are_what_proc_says() {
        let machine = Machine(());
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let online = stat.lines().filter(|l| l.starts_with("cpu") && !l.starts_with("cpu ")).count();
        assert_eq!(machine.cpus().unwrap(), online);
        let proc: Vec<f64> = std::fs::read_to_string("/proc/loadavg")
            .unwrap()
            .split_whitespace()
            .take(3)
            .map(|n| n.parse().unwrap())
            .collect();
        let load = machine.load().unwrap();
        assert!((load.fifteen - proc[2]).abs() < 1.0 && (load.five - proc[1]).abs() < 2.0);
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        assert!((machine.uptime().as_secs_f64() - uptime).abs() < 5.0);
    }
}
