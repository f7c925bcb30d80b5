#include "libs/domain/search/evaluation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "libs/base/random.h"

namespace kontor::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double Worth(float gain, MeasureOptions::Gain kind) {
  return kind == MeasureOptions::Gain::kLinear ? gain : std::exp2(static_cast<double>(gain)) - 1;
}

double Discount(size_t place) { return 1 / std::log2(static_cast<double>(place) + 2); }

absl::Status CheckJudgements(absl::Span<const Judgement> judgements, const MeasureOptions& options,
                             absl::flat_hash_map<uint32_t, float>& gains) {
  if (options.ndcg_at == 0 || options.mrr_at == 0 || options.recall_at == 0) {
    return absl::InvalidArgumentError("a measure counts the places from 1");
  }
  for (const Judgement& judgement : judgements) {
    if (!std::isfinite(judgement.gain) || judgement.gain < 0) {
      return absl::InvalidArgumentError("a gain is negative or not finite");
    }
    if (!gains.emplace(judgement.document, judgement.gain).second) {
      return absl::InvalidArgumentError("a document is judged twice for one query");
    }
  }
  return absl::OkStatus();
}

double Ndcg(absl::Span<const uint32_t> ranking, const absl::flat_hash_map<uint32_t, float>& gains,
            const MeasureOptions& options) {
  std::vector<float> ideal;
  for (const auto& [document, gain] : gains) ideal.push_back(gain);
  std::sort(ideal.begin(), ideal.end(), std::greater<>());
  double best = 0, sum = 0;
  for (size_t place = 0; place < std::min(options.ndcg_at, ideal.size()); ++place) {
    best += Worth(ideal[place], options.gain) * Discount(place);
  }
  for (size_t place = 0; place < std::min(options.ndcg_at, ranking.size()); ++place) {
    const auto found = gains.find(ranking[place]);
    if (found != gains.end()) sum += Worth(found->second, options.gain) * Discount(place);
  }
  return best > 0 ? sum / best : kNone;
}

double Percentile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

absl::StatusOr<Measures> Measure(absl::Span<const uint32_t> ranking, absl::Span<const Judgement> judgements,
                                 const MeasureOptions& options) {
  absl::flat_hash_map<uint32_t, float> gains;
  if (absl::Status status = CheckJudgements(judgements, options, gains); !status.ok()) return status;
  if (absl::flat_hash_set<uint32_t>(ranking.begin(), ranking.end()).size() != ranking.size()) {
    return absl::InvalidArgumentError("a document stands twice in a ranking");
  }
  const auto relevant = [&](uint32_t document) {
    const auto found = gains.find(document);
    return found != gains.end() && found->second >= options.relevant_gain;
  };
  const auto all = std::count_if(judgements.begin(), judgements.end(),
                                 [&](const Judgement& judgement) { return judgement.gain >= options.relevant_gain; });
  Measures out{Ndcg(ranking, gains, options), kNone, kNone};
  if (all == 0) return out;
  const auto first = ranking.begin(),
             mrr_end = first + static_cast<ptrdiff_t>(std::min(options.mrr_at, ranking.size()));
  const auto recall_end = first + static_cast<ptrdiff_t>(std::min(options.recall_at, ranking.size()));
  const auto hit = std::find_if(first, mrr_end, relevant);
  out.mrr = hit == mrr_end ? 0 : 1 / static_cast<double>(hit - first + 1);
  out.recall = static_cast<double>(std::count_if(first, recall_end, relevant)) / static_cast<double>(all);
  return out;
}

MeanMeasures MeanOf(absl::Span<const Measures> measures) {
  MeanMeasures out;
  for (const Measures& one : measures) {
    if (!std::isnan(one.ndcg)) {
      ++out.ndcg_queries;
      out.mean.ndcg += one.ndcg;
    }
    if (!std::isnan(one.recall)) {
      ++out.relevant_queries;
      out.mean.mrr += one.mrr;
      out.mean.recall += one.recall;
    }
  }
  if (out.ndcg_queries > 0) out.mean.ndcg /= static_cast<double>(out.ndcg_queries);
  if (out.relevant_queries > 0) {
    out.mean.mrr /= static_cast<double>(out.relevant_queries);
    out.mean.recall /= static_cast<double>(out.relevant_queries);
  }
  return out;
}

absl::StatusOr<Comparison> Compare(absl::Span<const double> a, absl::Span<const double> b,
                                   const ComparisonOptions& options) {
  if (a.size() != b.size()) return absl::InvalidArgumentError("the two sides have different numbers of queries");
  if (options.resamples < 1 || !(options.confidence > 0 && options.confidence < 1)) {
    return absl::InvalidArgumentError("resamples are at least 1, the confidence is between 0 and 1");
  }
  Comparison out;
  std::vector<double> changes;
  for (size_t i = 0; i < a.size(); ++i) {
    const double change = b[i] - a[i];
    if (std::isnan(change)) continue;
    changes.push_back(change);
    out.difference += change;
    ++(change > options.least_change ? out.wins : change < -options.least_change ? out.losses : out.ties);
  }
  if (changes.empty()) return absl::FailedPreconditionError("there is no query that can tell the two sides apart");
  const auto count = static_cast<double>(changes.size());
  out.difference /= count;
  base::Random random(options.seed);
  std::vector<double> means(static_cast<size_t>(options.resamples), 0);
  for (double& mean : means) {
    for (size_t i = 0; i < changes.size(); ++i) mean += changes[random.Below(changes.size())];
    mean /= count;
  }
  std::sort(means.begin(), means.end());
  out.low = Percentile(means, (1 - options.confidence) / 2);
  out.high = Percentile(means, (1 + options.confidence) / 2);
  out.sign_p = SignTest(out.wins, out.losses);
  return out;
}

double SignTest(int64_t wins, int64_t losses) {
  const int64_t trials = wins + losses, fewer = std::min(wins, losses);
  if (trials == 0 || wins == losses) return 1;
  const auto n = static_cast<double>(trials);
  if (trials > 1'000) return std::erfc((n / 2 - static_cast<double>(fewer) - 0.5) / std::sqrt(n / 4) / std::sqrt(2.0));
  double tail = 0;
  for (int64_t k = 0; k <= fewer; ++k) {
    const auto m = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(m + 1) - std::lgamma(n - m + 1) - n * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

}  // namespace kontor::search
