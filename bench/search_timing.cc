#include "bench/search_timing.h"

#include <time.h>

#include <algorithm>
#include <iostream>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kontor::bench {
namespace {

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

double ThreadCpuSeconds() { return Seconds(CLOCK_THREAD_CPUTIME_ID); }
double ProcessCpuSeconds() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }
double WallSeconds() { return Seconds(CLOCK_MONOTONIC); }

CallTimes::CallTimes(size_t count, const std::function<void(size_t)>& run) {
  for (size_t i = 0; i < count / 10; ++i) run(i);
  micros_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const double begin = ThreadCpuSeconds();
    run(i);
    micros_.push_back((ThreadCpuSeconds() - begin) * 1e6);
  }
  std::sort(micros_.begin(), micros_.end());
}

double CallTimes::mean() const {
  if (micros_.empty()) return 0;
  return std::accumulate(micros_.begin(), micros_.end(), 0.0) / static_cast<double>(micros_.size());
}

double CallTimes::Quantile(double share) const {
  if (micros_.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(micros_.size()));
  return micros_[std::min(at, micros_.size() - 1)];
}

void CallTimes::AddTo(std::vector<Figure>& figures, const std::string& name, const std::string& note) const {
  const double p50 = Quantile(.5), p99 = Quantile(.99);
  figures.push_back({absl::StrCat("cpu_us_p50/", name), p50, "us", std::nullopt, note});
  figures.push_back({absl::StrCat("cpu_us_p99/", name), p99, "us", std::nullopt, ""});
  figures.push_back({absl::StrCat("cpu_us_mean/", name), mean(), "us", std::nullopt, ""});
  std::cout << absl::StrFormat("%-28s CPU us p50 %9.1f p99 %9.1f mean %9.1f  %s\n", name, p50, p99, mean(), note)
            << std::flush;
}

}  // namespace kontor::bench
