//! `interface` against ip(8).

use crate::claims::{Claims, agree};
use crate::tool::{json, shell};
use libtest_mimic::Failed;
use serde_json::json;

/// What interfaces this kernel can make, with addresses of every sort.
fn make() {
    shell(
        "ip link show lab1 >/dev/null 2>&1 && exit
         ip link add lab1 type veth peer name lab2; ip link add br0 type bridge; ip link add lab3 type veth peer name lab4
         ip link add lab5 type dummy; ip link add link lab1 name lab1.7 type vlan id 7
         ip link set lab1 mtu 1280 up; ip link set lab2 master br0 up; ip link set br0 up
         ip address add 10.1.2.3/24 dev br0; ip address add 10.1.2.4/24 dev br0; ip address add 10.9.0.1 peer 10.9.0.2/32 dev lab1
         ip address add fd00::1/64 dev br0 nodad; ip address add 192.0.2.1/32 dev lo; ip address add 10.3.3.3/8 dev lab3",
    );
}

pub fn all() -> Result<(), Failed> {
    make();
    std::thread::sleep(std::time::Duration::from_secs(2));
    agree(|| {
        let mut claims = Claims::new("interface", "exists");
        for link in json(&["ip", "-json", "-statistics", "address"]).as_array().unwrap() {
            let name = link["ifname"].as_str().unwrap();
            claims.there(name, true);
            claims.is(name, "mtu", link["mtu"].clone());
            let on = link["flags"].as_array().unwrap().contains(&json!("UP"));
            claims.is(name, "up", on && matches!(link["operstate"].as_str(), Some("UP" | "UNKNOWN")));
            claims.is(name, "mac", link["address"].as_str().unwrap());
            let addresses = link["addr_info"].as_array().unwrap();
            claims.set(
                name,
                "addrs",
                addresses.iter().map(|a| format!("{}/{}", a["local"].as_str().unwrap(), a["prefixlen"])),
            );
            claims.is(name, "rx-errors", link["stats64"]["rx"]["errors"].clone());
            claims.is(name, "tx-errors", link["stats64"]["tx"]["errors"].clone());
            match shell(&format!("cat /sys/class/net/{name}/speed 2>/dev/null")).trim().parse::<i64>() {
                Ok(speed) if speed > 0 => claims.is(name, "speed", speed),
                _ => claims.nothing(name, "speed", 1000),
            }
        }
        for name in ["eth9", "l", "lo0"] {
            claims.there(name, false);
        }
        claims
    })
}
