#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace kontor::ctl {

// One word of the command line and what it does.
struct Command {
  const char* name;
  const char* usage;  // the words and options behind the name
  const char* summary;
  absl::Status (*run)(absl::Span<const std::string> words);
};

// In the order in which help lists them.
absl::Span<const Command> Commands();

absl::Status RunImport(absl::Span<const std::string> words);
absl::Status RunImports(absl::Span<const std::string> words);
absl::Status RunQuery(absl::Span<const std::string> words);
absl::Status RunMetrics(absl::Span<const std::string> words);
absl::Status RunRecommend(absl::Span<const std::string> words);
absl::Status RunPage(absl::Span<const std::string> words);
absl::Status RunAbsence(absl::Span<const std::string> words);
absl::Status RunRules(absl::Span<const std::string> words);
absl::Status RunPlacements(absl::Span<const std::string> words);
absl::Status RunSearch(absl::Span<const std::string> words);
absl::Status RunSuggest(absl::Span<const std::string> words);
absl::Status RunExplainSearch(absl::Span<const std::string> words);
absl::Status RunCuration(absl::Span<const std::string> words);
absl::Status RunRankers(absl::Span<const std::string> words);
absl::Status RunExperiments(absl::Span<const std::string> words);
absl::Status RunForecast(absl::Span<const std::string> words);
absl::Status RunForecasts(absl::Span<const std::string> words);
absl::Status RunDecompose(absl::Span<const std::string> words);
absl::Status RunAnomalies(absl::Span<const std::string> words);
absl::Status RunBacktest(absl::Span<const std::string> words);
absl::Status RunAccuracy(absl::Span<const std::string> words);
absl::Status RunChange(absl::Span<const std::string> words);
absl::Status RunTrends(absl::Span<const std::string> words);
absl::Status RunPlan(absl::Span<const std::string> words);
absl::Status RunSimulate(absl::Span<const std::string> words);
absl::Status RunOutcomes(absl::Span<const std::string> words);
absl::Status RunTrain(absl::Span<const std::string> words);
absl::Status RunModels(absl::Span<const std::string> words);
absl::Status RunPromote(absl::Span<const std::string> words);
absl::Status RunRollback(absl::Span<const std::string> words);
absl::Status RunEvents(absl::Span<const std::string> words);
absl::Status RunQuality(absl::Span<const std::string> words);
absl::Status RunHealth(absl::Span<const std::string> words);
absl::Status RunWait(absl::Span<const std::string> words);
absl::Status RunDemo(absl::Span<const std::string> words);
absl::Status RunGenerate(absl::Span<const std::string> words);

}  // namespace kontor::ctl
