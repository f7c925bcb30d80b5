#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace kontor::runtime {

// Handles are cheap to copy, thread-safe, and live as long as their Metrics.
class Counter {
 public:
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void Add(double amount = 1) const;  // amount >= 0
  double value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void Set(double value) const;
  void Add(double amount) const;
  double value() const;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void Observe(double value) const;

 private:
  prometheus::Histogram* histogram_;
};

// The process's metrics in Prometheus' data model. Names end in their unit (`_seconds`, `_bytes`, `_total` for
// counters). The same name and labels give the same metric again. Labels come from small fixed sets: never a shop, a
// customer, or anything else that a caller chooses. Making a handle takes a lock and allocates: make it once.
class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(absl::string_view name, absl::string_view help, const Labels& labels = {});
  Gauge gauge(absl::string_view name, absl::string_view help, const Labels& labels = {});
  // `bounds` rise; empty: 0.5 ms to 10 s in steps of about 2, for durations in seconds.
  Histogram histogram(absl::string_view name, absl::string_view help, const Labels& labels = {},
                      const std::vector<double>& bounds = {});

  // Everything in Prometheus' text format.
  std::string Text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::runtime
