#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/platform/runtime/config.h"
#include "libs/platform/runtime/server.h"

namespace kontor::runtime {

// What a main function composes: it owns the parts, and takes them down in the reverse of the order in which they
// came. One thread, the main one, uses it, except for RequestStop.
class Application {
 public:
  Application(int argc, const char* const* argv);
  ~Application();

  // Command line: --config=FILE (or --config FILE), --log=json|console, --log-level=debug|info|warning|error;
  // everything else is in arguments().
  const std::string& config_path() const { return config_path_; }
  const std::vector<std::string>& arguments() const { return arguments_; }

  // Reads and logs the configuration.
  template <class Config>
  absl::StatusOr<Config> Load() {
    Config config;
    absl::Status status = LoadAndPrint(config);
    if (!status.ok()) return status;
    return config;
  }

  // The one server of the process. Main starts it after the set-up and drains it first on the way down.
  Server& MakeServer(const ServerOptions& options);

  // Keeps a part until the stop hooks that were added after it have run.
  template <class T>
  T& Own(std::unique_ptr<T> part) {
    T& reference = *part;
    AddHook("", [kept = std::shared_ptr<T>(std::move(part))]() mutable { kept.reset(); });
    return reference;
  }

  // Runs at stop, after the drain, last added first. Must return within seconds: stop threads, flush, close.
  void OnStop(std::string name, std::function<void()> hook) { AddHook(std::move(name), std::move(hook)); }

  // How long running calls may go on at stop; 20 seconds unless set.
  void SetGrace(absl::Duration grace) { grace_ = grace; }

  // Ends the process as SIGTERM does, with exit code 0 for OK, else 1 and the sentence logged. Any thread.
  void RequestStop(const absl::Status& status);

  // For Main.
  absl::Status Run(const std::function<absl::Status(Application&)>& setup);

 private:
  struct Hook {
    std::string name;
    std::function<void()> run;
  };
  absl::Status LoadAndPrint(google::protobuf::Message& config);
  void AddHook(std::string name, std::function<void()> hook);
  absl::Status WaitForStop();
  void Stop();

  std::string config_path_;
  absl::Status command_line_;
  std::vector<std::string> arguments_;
  std::vector<Hook> hooks_;
  std::unique_ptr<Server> server_;
  absl::Duration grace_ = absl::Seconds(20);
  struct StopRequest;
  std::shared_ptr<StopRequest> stop_;
};

// The body of every service's main: blocks SIGTERM and SIGINT before any thread exists, runs `setup` (configuration →
// parts → register), starts the server, waits for a signal, then health NOT_SERVING → drain → hooks in reverse. A
// second signal ends the process at once. Returns the exit code; a failed start is one logged sentence and 1.
int Main(int argc, char** argv, std::function<absl::Status(Application&)> setup);

}  // namespace kontor::runtime
