#include "services/recommendations/source_failures.h"

#include "absl/strings/str_cat.h"
#include "libs/platform/runtime/log.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kRest = absl::Minutes(1);

// By the source's name; what became of shown products counts as one more.
std::map<std::string, int64_t> FailuresOf(const Model& model) {
  std::map<std::string, int64_t> failures;
  for (const auto& source : model.sources()) failures[std::string(source->name())] = source->failures();
  if (model.outcomes() != nullptr) failures["outcomes"] = model.outcomes()->failures();
  return failures;
}

}  // namespace

bool SourceFailures::Look(const std::string& shop, const ServedModel& served) {
  const std::string model = ModelName(shop, served.info().version);
  Seen& seen = models_[model];
  for (const auto& [name, failures] : FailuresOf(served.model())) {
    int64_t& counted = seen.counted[name];
    const int64_t more = failures >= counted ? failures - counted : failures;  // fewer: the model was loaded anew
    counted = failures;
    if (more == 0) continue;
    seen.unsaid[name] += more;
    metrics_
        .counter("kontor_recommendations_source_failures_total",
                 "Answers for which a source of the model in service failed.", {{"source", name}})
        .Add(static_cast<double>(more));
  }
  if (seen.unsaid.empty() || clock_.Now() < seen.next) return false;
  seen.next = clock_.Now() + kRest;
  for (const auto& [name, times] : seen.unsaid) {
    runtime::LogError("a source of the model in service fails; answers go on without it",
                      {{"model", model}, {"source", name}, {"times", absl::StrCat(times)}});
  }
  seen.unsaid.clear();
  return true;
}

}  // namespace kontor::recommendations
