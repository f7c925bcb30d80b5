#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

// What clicks say about relevance once it is taken out of them how far down people look.
namespace kontor::search {

// How often a document was shown for a query at a place, and clicked there. Queries and documents are numbered by the
// caller; several entries of one (query, document, place) add up.
struct Impressions {
  uint32_t query = 0, document = 0;
  uint16_t place = 0;               // from 0
  uint32_t shown = 0, clicked = 0;  // clicked <= shown
};

struct ClickModelOptions {
  size_t places = 50;            // at most 1,000; impressions further down are left out
  double least_examined = 0.05;  // floor of the probabilities, in (0, 1]: no click counts more than 1 / floor
  int iterations = 500;
  double tolerance = 1e-6;  // the largest change of a probability at which the fit ends
  // What a document of a query is taken to have had before: so many examined impressions at the mean click rate.
  double prior_impressions = 2;
};

// The position-based model (Richardson et al. 2007; Craswell et al. 2008): P(click) = P(examined | place) *
// P(attractive | query, document).
struct ClickModel {
  // By place, the first 1, each at least the floor. Places that cannot be told, because no document stands at them and
  // at a place that can, bear the probability of the place above them.
  std::vector<double> examined;
  std::vector<bool> told;      // by place: fitted from the data
  double mean_attraction = 0;  // clicks over examined impressions of all
  int iterations = 0;
};

// By maximum likelihood of Poisson counts with mean shown * examined * attraction, places and pairs in turn (iterative
// proportional fitting, Deming and Stephan 1940; in contrast to expectation maximisation it does not crawl where people
// look at everything). Places are told apart by documents that the same query showed at several of them: rank changes
// over time, experiments, interleaving and randomised swaps all do. INVALID_ARGUMENT: more clicks than impressions,
// options out of range. FAILED_PRECONDITION with reason TOO_FEW_CLICKS below 100, or PLACES_NOT_TOLD where no document
// stood at the first place and at another one. Cost: iterations times entries. Deterministic.
absl::StatusOr<ClickModel> FitClickModel(absl::Span<const Impressions> log, const ClickModelOptions& options = {});

// A label for training and its evidence.
struct ClickLabel {
  uint32_t query = 0, document = 0;
  double attraction = 0;  // within [0, 1]: clicks over examined impressions, drawn to the mean by the prior
  double examined = 0;    // expected number of examined impressions: how much the label is worth
  int64_t shown = 0, clicked = 0;
};

// Of every (query, document) in the log, by query, then document. Inverse propensity scoring (Joachims et al. 2017) in
// its self-normalised form: (clicks + prior * mean) / (sum of shown * examined + prior), at most 1.
std::vector<ClickLabel> LabelsFromClicks(absl::Span<const Impressions> log, const ClickModel& model,
                                         const ClickModelOptions& options = {});

// Grades 0 … 4 from the labels of one query: four times the share of its best attraction, rounded up; 0 for what is not
// above the mean or was examined less than `least_examined` times.
std::vector<float> GradesOf(absl::Span<const ClickLabel> labels, double mean_attraction, double least_examined);

}  // namespace kontor::search
