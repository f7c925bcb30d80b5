#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace kontor::testing {

// Child processes, folders and ports for tests. What cannot be had ends the process with a message: a test without its
// server has nothing to say.

// Runs a program to its end; returns what it printed (both streams). Another exit code than 0 ends the test process.
std::string RunProgram(const std::vector<std::string>& arguments);

// Starts a program whose output goes to `log`. It gets SIGQUIT when the calling thread ends.
pid_t StartProgram(const std::vector<std::string>& arguments, const std::string& log);

// Sends `signal` and waits for the end of a child; after `patience` it is killed.
void StopProgram(pid_t pid, int signal, absl::Duration patience = absl::Seconds(10));

// The processes that `pid` has started and that still live.
std::vector<pid_t> ChildrenOf(pid_t pid);

// A new folder below TMPDIR or /tmp that every user may pass through.
std::string MakeFolder(const std::string& prefix);

// A port of 127.0.0.1 that was free a moment ago.
int FreePort();

// True once something accepts connections on the port, or on the socket at `path`.
bool PortAnswers(int port);
bool SocketAnswers(const std::string& path);

[[noreturn]] void Die(const std::string& message);

}  // namespace kontor::testing
