#include "libs/platform/runtime/application.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/transport.h"

namespace kontor::runtime {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

absl::Status SetLogging(absl::string_view name, absl::string_view value) {
  if (name == "log" && value == "json") {
    SetLogFormat(LogFormat::kJson);
  } else if (name == "log" && value == "console") {
    SetLogFormat(LogFormat::kConsole);
  } else if (name == "log-level" && value == "debug") {
    SetLogLevel(LogLevel::kDebug);
  } else if (name == "log-level" && value == "info") {
    SetLogLevel(LogLevel::kInfo);
  } else if (name == "log-level" && value == "warning") {
    SetLogLevel(LogLevel::kWarning);
  } else if (name == "log-level" && value == "error") {
    SetLogLevel(LogLevel::kError);
  } else {
    return base::Error(absl::StatusCode::kInvalidArgument, "BAD_FLAG", absl::StrCat("--", name, " cannot be ", value));
  }
  return absl::OkStatus();
}

}  // namespace

// Shared with threads that ask for the stop; the descriptor wakes the main thread.
struct Application::StopRequest {
  StopRequest() : descriptor(eventfd(0, EFD_CLOEXEC)) {}
  ~StopRequest() { close(descriptor); }

  const int descriptor;
  base::Mutex mutex;
  bool asked ABSL_GUARDED_BY(mutex) = false;
  absl::Status status ABSL_GUARDED_BY(mutex);
};

Application::Application(int argc, const char* const* argv) : stop_(std::make_shared<StopRequest>()) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    std::string name = argument.substr(0, argument.find('='));
    const bool ours = name == "--config" || name == "--log" || name == "--log-level";
    if (!ours) {
      arguments_.push_back(argument);
      continue;
    }
    std::string value;
    if (name.size() < argument.size()) {
      value = argument.substr(name.size() + 1);
    } else if (i + 1 < argc) {
      value = argv[++i];
    }
    if (name == "--config") {
      config_path_ = value;
    } else if (command_line_.ok()) {
      command_line_ = SetLogging(name.substr(2), value);
    }
  }
}

Application::~Application() { Stop(); }

absl::Status Application::LoadAndPrint(google::protobuf::Message& config) {
  if (config_path_.empty()) {
    return base::Error(absl::StatusCode::kInvalidArgument, "CONFIG_MISSING", "name the configuration: --config=FILE");
  }
  RETURN_IF_ERROR(LoadConfigInto(config_path_, config));
  LogInfo("configuration", {{"file", config_path_}, {"effective", PrintableConfig(config)}});
  return absl::OkStatus();
}

Server& Application::MakeServer(const ServerOptions& options) {
  server_ = std::make_unique<Server>(options);
  return *server_;
}

void Application::AddHook(std::string name, std::function<void()> hook) {
  hooks_.push_back({std::move(name), std::move(hook)});
}

void Application::RequestStop(const absl::Status& status) {
  base::MutexLock lock(stop_->mutex);
  if (std::exchange(stop_->asked, true)) return;
  stop_->status = status;
  eventfd_write(stop_->descriptor, 1);
}

absl::Status Application::WaitForStop() {
  const sigset_t set = StopSignals();
  const int signals = signalfd(-1, &set, SFD_CLOEXEC);
  pollfd waits[2] = {{signals, POLLIN, 0}, {stop_->descriptor, POLLIN, 0}};
  while (poll(waits, 2, -1) < 0 && errno == EINTR) {
  }
  if ((waits[0].revents & POLLIN) != 0) {
    signalfd_siginfo info{};
    if (read(signals, &info, sizeof info) == sizeof info) {
      LogInfo("stopping", {{"signal", strsignal(static_cast<int>(info.ssi_signo))}});
    }
  }
  close(signals);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // a second signal ends the process at once
  base::MutexLock lock(stop_->mutex);
  return stop_->status;
}

void Application::Stop() {
  if (server_ != nullptr) server_->Drain(grace_);
  while (!hooks_.empty()) {
    Hook hook = std::move(hooks_.back());
    hooks_.pop_back();
    if (!hook.name.empty()) LogInfo("stopping a part", {{"part", hook.name}});
    hook.run();
  }
  server_.reset();
}

absl::Status Application::Run(const std::function<absl::Status(Application&)>& setup) {
  RETURN_IF_ERROR(command_line_);
  absl::Status status = setup(*this);
  if (status.ok() && server_ != nullptr) status = server_->Start();
  if (status.ok()) status = WaitForStop();
  Stop();
  return status;
}

int Main(int argc, char** argv, std::function<absl::Status(Application&)> setup) {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  TakeTransportLog();
  Application application(argc, argv);
  const absl::Status status = application.Run(setup);
  if (status.ok()) {
    LogInfo("stopped");
    return 0;
  }
  for (const base::Violation& violation : base::ErrorViolations(status)) {
    LogError(violation.description, {{"field", violation.field}, {"reason", violation.reason}});
  }
  LogError("stopped by an error", {{"reason", base::ErrorReason(status)}, {"error", std::string(status.message())}});
  return 1;
}

}  // namespace kontor::runtime
