#include "libs/domain/search/clicks.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "absl/status/status.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

// Entries of one (query, document), one a place.
struct Pair {
  size_t begin = 0, end = 0;
};

bool SamePair(const Impressions& x, const Impressions& y) { return x.query == y.query && x.document == y.document; }

// The entries within the places that count, sorted and added up.
std::vector<Impressions> Merged(absl::Span<const Impressions> log, size_t places) {
  std::vector<Impressions> out;
  for (const Impressions& entry : log) {
    if (entry.place < places && entry.shown > 0) out.push_back(entry);
  }
  const auto key = [](const Impressions& x) { return std::tie(x.query, x.document, x.place); };
  std::sort(out.begin(), out.end(), [&](const auto& x, const auto& y) { return key(x) < key(y); });
  size_t kept = 0;
  for (const Impressions& entry : out) {
    if (kept > 0 && key(out[kept - 1]) == key(entry)) {
      out[kept - 1].shown += entry.shown;
      out[kept - 1].clicked += entry.clicked;
    } else {
      out[kept++] = entry;
    }
  }
  out.resize(kept);
  return out;
}

std::vector<Pair> PairsOf(const std::vector<Impressions>& entries) {
  std::vector<Pair> out;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || !SamePair(entries[i - 1], entries[i])) out.push_back({i, i});
    out.back().end = i + 1;
  }
  return out;
}

absl::Status Check(absl::Span<const Impressions> log, const ClickModelOptions& options) {
  if (options.places < 1 || options.places > 1'000 || !(options.least_examined > 0 && options.least_examined <= 1) ||
      options.iterations < 1 || !(options.tolerance > 0) || !(options.prior_impressions > 0)) {
    return absl::InvalidArgumentError("an option of the click model is out of range");
  }
  for (const Impressions& entry : log) {
    if (entry.clicked > entry.shown) return absl::InvalidArgumentError("there are more clicks than impressions");
  }
  return absl::OkStatus();
}

// Places joined by a document that a query showed at both; those joined to the first place with data are told.
std::vector<bool> ToldPlaces(const std::vector<Impressions>& entries, const std::vector<Pair>& pairs, size_t places) {
  std::vector<size_t> root(places);
  std::iota(root.begin(), root.end(), size_t{0});
  const auto find = [&](size_t place) {
    while (root[place] != place) place = root[place] = root[root[place]];
    return place;
  };
  for (const Pair& pair : pairs) {
    for (size_t i = pair.begin + 1; i < pair.end; ++i) root[find(entries[i].place)] = find(entries[pair.begin].place);
  }
  std::vector<bool> told(places);
  for (size_t place = 0; place < places; ++place) told[place] = find(place) == find(0);
  return told;
}

double MeanAttraction(const std::vector<Impressions>& entries, const std::vector<double>& examined) {
  double clicked = 0, seen = 0;
  for (const Impressions& entry : entries) {
    clicked += entry.clicked;
    seen += entry.shown * examined[entry.place];
  }
  return seen > 0 ? std::min(1.0, clicked / seen) : 0;
}

// Counts of clicks as products of a place's and a pair's number.
class ProportionalFit {
 public:
  ProportionalFit(const std::vector<Impressions>& entries, const std::vector<Pair>& pairs,
                  const ClickModelOptions& options)
      : entries_(entries), pairs_(pairs), options_(options), examined_(options.places, 1) {}

  // One step: pairs by places, then places by pairs; the largest change of a place's probability.
  double Step() {
    const double mean = MeanAttraction(entries_, examined_);
    std::vector<double> clicked(examined_.size(), 0), expected(examined_.size(), 0);
    for (const Pair& pair : pairs_) {
      const double attraction = Attraction(pair, mean);
      for (size_t j = pair.begin; j < pair.end; ++j) {
        clicked[entries_[j].place] += entries_[j].clicked;
        expected[entries_[j].place] += entries_[j].shown * attraction;
      }
    }
    const double first = expected[0] > 0 ? clicked[0] / expected[0] : 0;
    double change = 0;
    for (size_t place = 1; place < examined_.size(); ++place) {
      if (expected[place] == 0 || first == 0) continue;
      const double next = clicked[place] / expected[place] / first;
      change = std::max(change, std::abs(next - examined_[place]));
      examined_[place] = next;
    }
    return change;
  }

  std::vector<double> Examined(const std::vector<bool>& told) const {
    std::vector<double> out = examined_;
    for (size_t place = 1; place < out.size(); ++place) {
      out[place] = told[place] ? std::clamp(out[place], options_.least_examined, 1.0) : out[place - 1];
    }
    return out;
  }

 private:
  double Attraction(const Pair& pair, double mean) const {
    double clicked = options_.prior_impressions * mean, seen = options_.prior_impressions;
    for (size_t j = pair.begin; j < pair.end; ++j) {
      clicked += entries_[j].clicked;
      seen += entries_[j].shown * examined_[entries_[j].place];
    }
    return clicked / seen;
  }

  const std::vector<Impressions>& entries_;
  const std::vector<Pair>& pairs_;
  const ClickModelOptions& options_;
  std::vector<double> examined_;  // the first stays 1
};

}  // namespace

absl::StatusOr<ClickModel> FitClickModel(absl::Span<const Impressions> log, const ClickModelOptions& options) {
  RETURN_IF_ERROR(Check(log, options));
  const std::vector<Impressions> entries = Merged(log, options.places);
  const std::vector<Pair> pairs = PairsOf(entries);
  const uint64_t clicks = std::accumulate(entries.begin(), entries.end(), uint64_t{0},
                                          [](uint64_t n, const auto& x) { return n + x.clicked; });
  if (clicks < 100) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_CLICKS",
                       "learning from clicks takes 100 of them");
  }
  ClickModel out;
  out.told = ToldPlaces(entries, pairs, options.places);
  if (std::count(out.told.begin(), out.told.end(), true) < 2) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "PLACES_NOT_TOLD",
                       "no document stood at the first place and at another one for the same query");
  }
  ProportionalFit fit(entries, pairs, options);
  while (out.iterations < options.iterations) {
    ++out.iterations;
    if (fit.Step() < options.tolerance) break;
  }
  out.examined = fit.Examined(out.told);
  out.mean_attraction = MeanAttraction(entries, out.examined);
  return out;
}

std::vector<ClickLabel> LabelsFromClicks(absl::Span<const Impressions> log, const ClickModel& model,
                                         const ClickModelOptions& options) {
  const std::vector<Impressions> entries = Merged(log, model.examined.size());
  std::vector<ClickLabel> out;
  for (const Pair& pair : PairsOf(entries)) {
    ClickLabel label{entries[pair.begin].query, entries[pair.begin].document, 0, 0, 0, 0};
    for (size_t j = pair.begin; j < pair.end; ++j) {
      label.shown += entries[j].shown;
      label.clicked += entries[j].clicked;
      label.examined += entries[j].shown * model.examined[entries[j].place];
    }
    label.attraction =
        std::min(1.0, (static_cast<double>(label.clicked) + options.prior_impressions * model.mean_attraction) /
                          (label.examined + options.prior_impressions));
    out.push_back(label);
  }
  return out;
}

std::vector<float> GradesOf(absl::Span<const ClickLabel> labels, double mean_attraction, double least_examined) {
  double best = 0;
  const auto counts = [&](const ClickLabel& label) {
    return label.attraction > mean_attraction && label.examined >= least_examined;
  };
  for (const ClickLabel& label : labels) {
    if (counts(label)) best = std::max(best, label.attraction);
  }
  std::vector<float> out(labels.size(), 0);
  for (size_t i = 0; i < labels.size(); ++i) {
    if (counts(labels[i])) out[i] = static_cast<float>(std::ceil(4 * labels[i].attraction / best));
  }
  return out;
}

}  // namespace kontor::search
