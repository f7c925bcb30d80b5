#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/figures.h"

namespace kontor::bench {

double ThreadCpuSeconds();   // of the calling thread
double ProcessCpuSeconds();  // of all threads
double WallSeconds();        // since some moment

// How long calls took, in CPU microseconds of the calling thread.
class CallTimes {
 public:
  // Calls run(0) … run(count − 1) one after the other. The first tenth is called once before, without being counted.
  CallTimes(size_t count, const std::function<void(size_t)>& run);

  double mean() const;
  double Quantile(double share) const;
  // cpu_us_p50/NAME, cpu_us_p99/NAME, cpu_us_mean/NAME; prints them.
  void AddTo(std::vector<Figure>& figures, const std::string& name, const std::string& note) const;

 private:
  std::vector<double> micros_;  // ascending
};

}  // namespace kontor::bench
