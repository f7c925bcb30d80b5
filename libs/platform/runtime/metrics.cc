#include "libs/platform/runtime/metrics.h"

#include <map>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace kontor::runtime {
namespace {

std::map<std::string, std::string> ToMap(const Metrics::Labels& labels) { return {labels.begin(), labels.end()}; }

template <class Builder>
auto& FamilyOf(Builder builder, absl::string_view name, absl::string_view help, prometheus::Registry& registry) {
  return builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
}

const std::vector<double>& DurationBounds() {
  static const auto& bounds = *new std::vector<double>{0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03,
                                                       0.05,   0.1,   0.2,   0.5,   1,     2,      5,    10};
  return bounds;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(absl::string_view name, absl::string_view help, const Labels& labels) {
  return Counter(&FamilyOf(prometheus::BuildCounter(), name, help, impl_->registry).Add(ToMap(labels)));
}

Gauge Metrics::gauge(absl::string_view name, absl::string_view help, const Labels& labels) {
  return Gauge(&FamilyOf(prometheus::BuildGauge(), name, help, impl_->registry).Add(ToMap(labels)));
}

Histogram Metrics::histogram(absl::string_view name, absl::string_view help, const Labels& labels,
                             const std::vector<double>& bounds) {
  const std::vector<double>& used = bounds.empty() ? DurationBounds() : bounds;
  return Histogram(&FamilyOf(prometheus::BuildHistogram(), name, help, impl_->registry).Add(ToMap(labels), used));
}

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

void Counter::Add(double amount) const { counter_->Increment(amount); }
double Counter::value() const { return counter_->Value(); }
void Gauge::Set(double value) const { gauge_->Set(value); }
void Gauge::Add(double amount) const { gauge_->Increment(amount); }
double Gauge::value() const { return gauge_->Value(); }
void Histogram::Observe(double value) const { histogram_->Observe(value); }

}  // namespace kontor::runtime
