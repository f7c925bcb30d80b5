#include "bench/session_tuning.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace kontor::bench {
namespace {

using recommendations::RecentItem;
using recommendations::ScoreVector;
using recommendations::SessionKnn;
using recommendations::SessionKnnOptions;

// Distinct items, newest first, as Profile makes them of a session.
void Recent(const SessionQuestion& question, std::vector<RecentItem>& out) {
  out.clear();
  for (size_t age = 0; age < question.prefix.size(); ++age) {
    const ItemId item = question.prefix[question.prefix.size() - 1 - age];
    if (std::none_of(out.begin(), out.end(), [&](const RecentItem& one) { return one.item == item; })) {
      out.push_back({item, static_cast<uint32_t>(age)});
    }
  }
}

struct Setting {
  float SessionKnnOptions::*field;
  std::vector<float> values;
};

}  // namespace

SessionMetrics EvaluateSessionKnn(const SessionKnn& model, const std::vector<SessionQuestion>& questions) {
  SessionKnn::Workspace workspace;
  ScoreVector scores;
  scores.Resize(model.item_count());
  std::vector<RecentItem> recent;
  return EvaluateSessions(questions, [&](const SessionQuestion& question, std::vector<ItemId>& top) {
    Recent(question, recent);
    scores.Clear();
    model.Score(recent, workspace, scores);
    scores.Best(
        20, [](ItemId) { return true; }, top);
    std::sort(top.begin(), top.end(),
              [&](ItemId a, ItemId b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  });
}

TunedKnn TuneSessionKnn(const SessionSplit& split) {
  const auto evaluate = [&](const SessionKnnOptions& options) {
    return EvaluateSessionKnn(SessionKnn::Train(split.earlier, options), split.questions);
  };
  const std::vector<Setting> settings = {
      {&SessionKnnOptions::age_decay, {0.5F, 1, 1.5F, 2.5F, 4, 8}},
      {&SessionKnnOptions::session_decay, {0, 0.1F, 0.25F, 0.5F, 1}},
      {&SessionKnnOptions::distance_decay, {0, 0.5F, 1, 1.5F, 2.5F, 4, 8}},
      {&SessionKnnOptions::before, {0, 0.25F, 0.5F, 0.75F, 1}},
      {&SessionKnnOptions::idf, {0, 0.1F, 0.3F, 1, 3}},
  };
  TunedKnn best{SessionKnnOptions(), evaluate(SessionKnnOptions())};
  for (int round = 0; round < 2; ++round) {
    for (const Setting& setting : settings) {
      for (const float value : setting.values) {
        SessionKnnOptions options = best.options;
        if (options.*setting.field == value) continue;
        options.*setting.field = value;
        const SessionMetrics metrics = evaluate(options);
        if (metrics.p_at_20 + metrics.mrr_at_20 > best.metrics.p_at_20 + best.metrics.mrr_at_20) {
          best = {options, metrics};
        }
      }
    }
  }
  return best;
}

std::string DescribeKnn(const SessionKnnOptions& options) {
  return absl::StrFormat("age_decay %g, session_decay %g, distance_decay %g, before %g, idf %g", options.age_decay,
                         options.session_decay, options.distance_decay, options.before, options.idf);
}

}  // namespace kontor::bench
