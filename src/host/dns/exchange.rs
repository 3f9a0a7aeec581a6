//! Several questions to several servers: whom to ask next, whose answer counts.

use super::message::{Query, UDP_SIZE};
use super::reader::Unread;
use super::{Answer, Question, Rcode, Servers, shown, stream};
use crate::value::Fault;
use ring::rand::{SecureRandom, SystemRandom};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// Replies to other questions that are taken off one socket before the others are looked at.
const TURN: usize = 64;

pub struct Exchange<'a> {
    servers: &'a Servers,
    questions: &'a [Question],
    began: Instant,
    deadline: Instant,
    /// The best that has come of each question.
    answers: Vec<Option<Answer>>,
    /// Those that a reply may still come to, even after another server has been asked.
    open: Vec<Asked<'a>>,
    /// What has been asked of whom, so that nobody is asked again after an answer.
    heard: Vec<(SocketAddr, usize)>,
}

/// A question at one server.
struct Asked<'a> {
    server: SocketAddr,
    /// Which of the questions.
    index: usize,
    socket: UdpSocket,
    query: Query<'a>,
    /// Something came that was no reply to it.
    strange: bool,
}

impl<'a> Exchange<'a> {
    pub fn new(servers: &'a Servers, questions: &'a [Question], deadline: Instant) -> Self {
        let answers = questions.iter().map(|_| None).collect();
        Exchange { servers, questions, began: Instant::now(), deadline, answers, open: vec![], heard: vec![] }
    }

    pub fn run(mut self) -> Vec<Answer> {
        let rounds = usize::try_from(self.servers.rounds).unwrap_or(1);
        let mut turns_left = self.servers.addresses.len() * rounds;
        let mut turns = self.servers.addresses.iter().cycle().take(turns_left);
        let mut next = self.began;
        while !self.settled() {
            let now = Instant::now();
            let late = now >= self.deadline;
            if !late && (now >= next || !self.waiting()) {
                match turns.next() {
                    Some(server) => {
                        // Every turn still to come gets its share of the time, lest the last server never be asked.
                        let share = (self.deadline - now) / u32::try_from(turns_left).unwrap_or(u32::MAX).max(1);
                        turns_left -= 1;
                        next = now + share.min(self.servers.patience);
                        self.ask(*server, next);
                    }
                    None => break,
                }
            }
            let wait = next.min(self.deadline).saturating_duration_since(now);
            // At the deadline what has already come is still taken in.
            self.listen(if late { Duration::ZERO } else { wait });
            if late {
                break;
            }
        }
        self.finish()
    }

    fn settled(&self) -> bool {
        self.answers.iter().all(|a| a.as_ref().is_some_and(Answer::settled))
    }

    fn is_settled(&self, index: usize) -> bool {
        self.answers.get(index).is_some_and(|a| a.as_ref().is_some_and(Answer::settled))
    }

    fn waiting(&self) -> bool {
        self.open.iter().any(|asked| !self.is_settled(asked.index))
    }

    /// Asks a server, anew where it is still silent, all that is open. Over TCP it has until `until`.
    fn ask(&mut self, server: SocketAddr, until: Instant) {
        for (index, question) in self.questions.iter().enumerate() {
            if self.is_settled(index) || self.heard.contains(&(server, index)) {
                continue;
            }
            if self.servers.stream {
                self.stream(server, index, true, until);
                continue;
            }
            let sent = match self.open.iter().find(|a| a.index == index && a.server == server) {
                Some(asked) => asked.send(),
                None => Asked::new(server, index, question).map(|asked| self.open.push(asked)),
            };
            if let Err(error) = sent {
                self.hear(server, index, Err(Fault::from_io(format!("asking {}", shown(server)), &error)));
            }
        }
    }

    /// Waits for a reply and takes in what there is.
    fn listen(&mut self, at_most: Duration) {
        let mut fds: Vec<_> = self.open.iter().map(|a| PollFd::new(&a.socket, PollFlags::IN)).collect();
        if fds.is_empty() {
            return;
        }
        let _ = poll(&mut fds, Timespec::try_from(at_most).ok().as_ref());
        let ready: Vec<_> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(fds);
        // From the end, since who has answered is struck off.
        for at in (0..ready.len()).rev().filter(|at| ready.get(*at) == Some(&true)) {
            let Some(asked) = self.open.get_mut(at) else { continue };
            let (server, index) = (asked.server, asked.index);
            let reply = match asked.receive() {
                Ok(None) => continue,
                Ok(Some(reply)) => reply,
                Err(error) => {
                    self.hear(server, index, Err(Fault::from_io(format!("asking {}", shown(server)), &error)));
                    continue;
                }
            };
            match reply {
                Err(Unread::Truncated) => {
                    let (edns, until) = (asked.query.edns, Instant::now() + self.servers.patience);
                    self.stream(server, index, edns, until);
                }
                Err(Unread::Malformed(why)) => self.hear(server, index, Err(malformed(server, why))),
                Err(Unread::Other) => asked.strange = true,
                // It may not know RFC 6891.
                Ok(reply) if asked.query.edns && matches!(reply.rcode, Rcode::FormErr | Rcode::NotImp) => {
                    asked.query.edns = false;
                    if asked.send().is_err() {
                        self.hear(server, index, Ok(reply));
                    }
                }
                Ok(reply) => self.hear(server, index, Ok(reply)),
            }
        }
    }

    fn stream(&mut self, server: SocketAddr, index: usize, edns: bool, until: Instant) {
        let Some(question) = self.questions.get(index) else { return };
        let reply = random().map_err(|e| Fault::from_io("random numbers", &e)).and_then(|id| {
            let query = Query { id, question, edns };
            let message = stream::ask(server, &query.bytes(), until.min(self.deadline))?;
            query.read(&message).map_err(|why| match why {
                Unread::Malformed(why) => malformed(server, why),
                Unread::Truncated => malformed(server, "it is cut short even over TCP"),
                Unread::Other => malformed(server, "it is to another question"),
            })
        });
        self.hear(server, index, reply);
    }

    /// Takes in what a server says at last of a question.
    fn hear(&mut self, server: SocketAddr, index: usize, reply: Result<super::Reply, Fault>) {
        self.open.retain(|a| (a.server, a.index) != (server, index));
        self.heard.push((server, index));
        let Some(best) = self.answers.get_mut(index) else { return };
        let answer = Answer { server, reply };
        let rank = |a: &Answer| (a.settled(), a.reply.is_ok());
        if best.as_ref().is_none_or(|best| rank(&answer) >= rank(best)) {
            *best = Some(answer);
        }
    }

    fn finish(self) -> Vec<Answer> {
        let Exchange { servers, questions, began, answers, open, .. } = self;
        let silent = |index: usize, question: &Question| {
            let mine = || open.iter().filter(|a| a.index == index);
            let strange = mine().find(|a| a.strange).map(|a| a.server);
            let server = strange.or(mine().next_back().map(|a| a.server)).or(servers.addresses.last().copied());
            let server = server.unwrap_or_else(|| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), super::PORT));
            let reply = match strange {
                Some(server) => malformed(server, "it does not fit the question"),
                None => Fault::TimedOut(format!("an answer of {} to {question}", shown(server)), began.elapsed()),
            };
            Answer { server, reply: Err(reply) }
        };
        let each = answers.into_iter().zip(questions).enumerate();
        each.map(|(index, (answer, question))| answer.unwrap_or_else(|| silent(index, question))).collect()
    }
}

fn malformed(server: SocketAddr, why: &str) -> Fault {
    Fault::Malformed(format!("the answer of {} cannot be read: {why}", shown(server)))
}

fn random() -> io::Result<u16> {
    let mut bytes = [0; 2];
    SystemRandom::new().fill(&mut bytes).map_err(|_| io::Error::other("the system has none"))?;
    Ok(u16::from_be_bytes(bytes))
}

impl<'a> Asked<'a> {
    /// From a port of its own, which the kernel picks at random, and to which only the server's replies come.
    fn new(server: SocketAddr, index: usize, question: &'a Question) -> io::Result<Asked<'a>> {
        let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
        socket.set_nonblocking(true)?;
        socket.connect(server)?;
        let asked =
            Asked { server, index, socket, query: Query { id: random()?, question, edns: true }, strange: false };
        asked.send()?;
        Ok(asked)
    }

    fn send(&self) -> io::Result<()> {
        match self.socket.send(&self.query.bytes()) {
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// The reply, if it has come. What does not belong to the question is dropped.
    fn receive(&mut self) -> io::Result<Option<Result<super::Reply, Unread>>> {
        let mut buffer = [0; UDP_SIZE as usize];
        for _ in 0..TURN {
            match self.socket.recv(&mut buffer) {
                Ok(n) => match self.query.read(buffer.get(..n).unwrap_or_default()) {
                    Err(Unread::Other) => self.strange = true,
                    reply => return Ok(Some(reply)),
                },
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }
}
