#include "libs/platform/runtime/background.h"

#include <sys/resource.h>
#include <unistd.h>

#include <thread>

namespace kontor::runtime {

void StandBehindCalls() {
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);  // lower is always allowed
}

void RunBehindCalls(absl::FunctionRef<void()> work) {
  std::thread thread([&work] {
    StandBehindCalls();
    work();
  });
  thread.join();
}

}  // namespace kontor::runtime
