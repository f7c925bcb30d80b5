#include "libs/domain/search/activity.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

#include "libs/base/hash.h"

namespace kontor::search {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;
constexpr double kHalfLifeUs = 30.0 * kDayUs;
constexpr double kTouchWeights[] = {1, 2, 5, 10};
constexpr double kLeastWeight = .01;
constexpr size_t kPlacesMax = 64;  // of an interleaved answer

int32_t DayOf(int64_t at_us) { return static_cast<int32_t>((at_us - (at_us < 0 ? kDayUs - 1 : 0)) / kDayUs); }

// A weight of `at_us` as it counts at `now_us`; nothing counts more than when it came.
double Faded(double weight, int64_t at_us, int64_t now_us) {
  if (now_us <= at_us) return weight;
  return weight * std::exp2(-static_cast<double>(now_us - at_us) / kHalfLifeUs);
}

// Adds what came at `at_us` to a weight that stands for `time_us`, and moves the time on: the sum is the same whatever
// came first.
void AddFading(double added, int64_t at_us, double& weight, int64_t& time_us) {
  if (at_us >= time_us) {
    weight = Faded(weight, time_us, at_us) + added;
    time_us = at_us;
  } else {
    weight += Faded(added, at_us, time_us);
  }
}

void SaveCounts(const SearchCounts& counts, base::ByteWriter& out) {
  for (const int64_t count : {counts.searches, counts.without_results, counts.clicked_searches, counts.clicks,
                              counts.cart_searches, counts.bought_searches}) {
    out.Value(count);
  }
  out.Value(counts.reciprocal_ranks);
  out.Value<uint32_t>(static_cast<uint32_t>(counts.revenue_nanos.size()));
  for (const auto& [currency, nanos] : counts.revenue_nanos) {
    out.String(currency);
    out.Value(nanos);
  }
}

SearchCounts LoadCounts(base::ByteReader& in) {
  SearchCounts counts;
  for (int64_t* count : {&counts.searches, &counts.without_results, &counts.clicked_searches, &counts.clicks,
                         &counts.cart_searches, &counts.bought_searches}) {
    *count = in.Value<int64_t>();
  }
  counts.reciprocal_ranks = in.Value<double>();
  const auto currencies = in.Value<uint32_t>();
  for (uint32_t i = 0; i < currencies && in.status().ok(); ++i) {
    const std::string currency = in.String();
    counts.revenue_nanos[currency] = in.Value<int64_t>();
  }
  return counts;
}

using Experiments = std::map<std::string, std::map<int32_t, ExperimentCounts>>;

void SaveExperiments(const Experiments& experiments, base::ByteWriter& out) {
  out.Value<uint32_t>(static_cast<uint32_t>(experiments.size()));
  for (const auto& [id, days] : experiments) {
    out.String(id);
    out.Value<uint32_t>(static_cast<uint32_t>(days.size()));
    for (const auto& [day, counts] : days) {
      out.Value(day);
      SaveCounts(counts.baseline, out);
      SaveCounts(counts.candidate, out);
      for (const int64_t wins : {counts.baseline_wins, counts.candidate_wins, counts.ties}) out.Value(wins);
    }
  }
}

Experiments LoadExperiments(base::ByteReader& in) {
  Experiments experiments;
  const auto count = in.Value<uint32_t>();
  for (uint32_t i = 0; i < count && in.status().ok(); ++i) {
    auto& days = experiments[in.String()];
    const auto kept = in.Value<uint32_t>();
    in.Require(kept > 0, "an experiment has no day");
    for (uint32_t d = 0; d < kept && in.status().ok(); ++d) {
      ExperimentCounts& counts = days[in.Value<int32_t>()];
      counts.baseline = LoadCounts(in);
      counts.candidate = LoadCounts(in);
      for (int64_t* wins : {&counts.baseline_wins, &counts.candidate_wins, &counts.ties}) *wins = in.Value<int64_t>();
    }
  }
  return experiments;
}

}  // namespace

void SearchCounts::Add(const SearchCounts& other) {
  searches += other.searches;
  without_results += other.without_results;
  clicked_searches += other.clicked_searches;
  clicks += other.clicks;
  reciprocal_ranks += other.reciprocal_ranks;
  cart_searches += other.cart_searches;
  bought_searches += other.bought_searches;
  for (const auto& [currency, nanos] : other.revenue_nanos) revenue_nanos[currency] += nanos;
}

void ExperimentCounts::Add(const ExperimentCounts& other) {
  baseline.Add(other.baseline);
  candidate.Add(other.candidate);
  baseline_wins += other.baseline_wins;
  candidate_wins += other.candidate_wins;
  ties += other.ties;
}

void Activity::Want(const std::string& product, double weight, int64_t at_us) {
  Wanted& wanted = products_.try_emplace(product, Wanted{0, at_us}).first->second;
  AddFading(weight, at_us, wanted.weight, wanted.at_us);
  changed_.push_back(product);
}

void Activity::MakeRoom() {
  if (queries_.size() < kQueriesMax) return;
  std::vector<std::pair<int64_t, const std::string*>> by_time;
  by_time.reserve(queries_.size());
  for (const auto& [form, row] : queries_) by_time.emplace_back(row.last_us, &form);
  const size_t going = kQueriesMax / 10;
  std::nth_element(by_time.begin(), by_time.begin() + going, by_time.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : *a.second < *b.second;
  });
  std::vector<std::string> forms;
  for (size_t i = 0; i < going; ++i) forms.push_back(*by_time[i].second);
  for (const std::string& form : forms) queries_.erase(form);
}

void Activity::Searched(absl::string_view form, absl::string_view text, int64_t total_results, uint64_t answer_id,
                        int64_t at_us, const Exposure& exposure) {
  if (form.empty()) return;
  if (!queries_.contains(form)) MakeRoom();
  QueryRow& row = queries_.try_emplace(std::string(form)).first->second;
  if (row.text.empty()) {
    row.text = std::string(text);
    row.last_us = at_us;
  }
  AddFading(total_results > 0 ? 1 : 0, at_us, row.weight, row.last_us);
  const auto count = [&](SearchCounts& counts) {
    ++counts.searches;
    if (total_results <= 0) ++counts.without_results;
  };
  count(row.days[DayOf(at_us)]);
  while (row.days.begin()->first < DayOf(row.last_us) - kDaysKept) row.days.erase(row.days.begin());
  if (answer_id == 0) return;
  const auto [added, is_new] = answers_.try_emplace(answer_id, Answer{answer_id, std::string(form), DayOf(at_us)});
  if (!is_new) return;
  Answer& answer = added->second;
  answer.experiment = exposure.experiment;
  answer.side = exposure.side;
  if (!answer.experiment.empty() && answer.side == Exposure::Side::kBoth) {
    answer.candidate_places = exposure.candidate_places;
    for (size_t i = 0; i < std::min(exposure.products.size(), kPlacesMax); ++i) {
      answer.shown.push_back(base::StableHash(exposure.products[i]));
    }
  } else if (!answer.experiment.empty()) {
    ExperimentCounts& day = DayOfExperiment(answer);
    count(answer.side == Exposure::Side::kBaseline ? day.baseline : day.candidate);
  }
  answer_order_.push_back(answer_id);
  if (answer_order_.size() <= kAnswersMax) return;
  answers_.erase(answer_order_.front());
  answer_order_.pop_front();
}

Activity::Answer* Activity::Find(uint64_t answer_id) {
  const auto found = answers_.find(answer_id);
  return answer_id == 0 || found == answers_.end() ? nullptr : &found->second;
}

std::vector<SearchCounts*> Activity::CountsOf(const Answer& answer) {
  const auto query = queries_.find(answer.form);
  if (query == queries_.end()) return {};
  std::vector<SearchCounts*> counts = {&query->second.days[answer.day]};
  if (answer.experiment.empty() || answer.side == Exposure::Side::kBoth) return counts;
  ExperimentCounts& day = DayOfExperiment(answer);
  counts.push_back(answer.side == Exposure::Side::kBaseline ? &day.baseline : &day.candidate);
  return counts;
}

ExperimentCounts& Activity::DayOfExperiment(const Answer& answer) {
  auto& days = experiments_[answer.experiment];
  ExperimentCounts& day = days[answer.day];
  if (days.size() > kDaysKept) days.erase(days.begin()->first == answer.day ? std::next(days.begin()) : days.begin());
  if (experiments_.size() <= kExperimentsMax) return day;
  auto oldest = experiments_.end();
  for (auto it = experiments_.begin(); it != experiments_.end(); ++it) {
    if (&it->second == &days) continue;
    if (oldest == experiments_.end() || it->second.rbegin()->first < oldest->second.rbegin()->first) oldest = it;
  }
  experiments_.erase(oldest);
  return day;
}

void Activity::Credit(Answer& answer, const std::string& product) {
  const auto at = std::find(answer.shown.begin(), answer.shown.end(), base::StableHash(product));
  if (at == answer.shown.end()) return;
  ExperimentCounts& day = DayOfExperiment(answer);
  const auto outcome = [&]() -> int64_t* {
    if (answer.clicked_places == 0) return nullptr;
    const int candidate = std::popcount(answer.clicked_places & answer.candidate_places);
    const int baseline = std::popcount(answer.clicked_places) - candidate;
    return candidate > baseline ? &day.candidate_wins : candidate < baseline ? &day.baseline_wins : &day.ties;
  };
  if (int64_t* before = outcome(); before != nullptr && *before > 0) --*before;  // 0: its day was forgotten
  answer.clicked_places |= uint64_t{1} << (at - answer.shown.begin());
  ++*outcome();
}

void Activity::Follow(Answer& answer, const std::string& product, double weight) {
  const auto query = queries_.find(answer.form);
  if (query == queries_.end()) return;
  auto& products = query->second.products;
  products[product] += weight;
  if (products.size() <= kProductsOfQueryMax) return;
  products.erase(std::min_element(products.begin(), products.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second < b.second : a.first < b.first;
  }));
}

void Activity::Touched(Touch touch, const std::string& product, uint64_t answer_id, int rank, int64_t at_us) {
  const double weight = kTouchWeights[static_cast<size_t>(touch)];
  Want(product, weight, at_us);
  Answer* answer = Find(answer_id);
  if (answer == nullptr) return;
  const std::vector<SearchCounts*> all = CountsOf(*answer);
  if (all.empty()) return;
  if (touch != Touch::kView) Follow(*answer, product, weight);
  if (touch == Touch::kCart && !std::exchange(answer->carted, true)) {
    for (SearchCounts* counts : all) ++counts->cart_searches;
  }
  if (touch != Touch::kClick) return;
  Credit(*answer, product);
  const int place = std::max(rank, 1), before = answer->best_rank;
  for (SearchCounts* counts : all) {
    ++counts->clicks;
    if (before == 0) ++counts->clicked_searches;
    if (before == 0 || place < before) counts->reciprocal_ranks += 1.0 / place - (before == 0 ? 0 : 1.0 / before);
  }
  if (before == 0 || place < before) answer->best_rank = place;
}

void Activity::Bought(const std::string& product, int64_t amount_nanos, const std::string& currency, uint64_t answer_id,
                      int64_t at_us) {
  Want(product, kTouchWeights[static_cast<size_t>(Touch::kBuy)], at_us);
  Answer* answer = Find(answer_id);
  if (answer == nullptr) return;
  const std::vector<SearchCounts*> all = CountsOf(*answer);
  if (all.empty()) return;
  Follow(*answer, product, kTouchWeights[static_cast<size_t>(Touch::kBuy)]);
  const bool first = !std::exchange(answer->bought, true);
  for (SearchCounts* counts : all) {
    counts->revenue_nanos[currency] += amount_nanos;
    if (first) ++counts->bought_searches;
  }
}

double Activity::Popularity(absl::string_view product, int64_t at_us) const {
  const auto found = products_.find(product);
  if (found == products_.end()) return 0;
  const double weight = Faded(found->second.weight, found->second.at_us, at_us);
  return weight < kLeastWeight ? 0 : weight;
}

void Activity::ForEachPopularity(int64_t at_us,
                                 absl::FunctionRef<void(const std::string& product, double)> visit) const {
  for (const auto& [product, wanted] : products_) visit(product, Popularity(product, at_us));
}

double Activity::WeightOf(const QueryRow& query, int64_t at_us) const {
  return Faded(query.weight, query.last_us, at_us);
}

std::vector<std::string> Activity::TakeChanged() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  return std::exchange(changed_, {});
}

void Activity::Save(base::ByteWriter& out) const {
  out.Value<uint64_t>(products_.size());
  for (const auto& [product, wanted] : products_) {
    out.String(product);
    out.Value(wanted.weight);
    out.Value(wanted.at_us);
  }
  out.Value<uint64_t>(queries_.size());
  for (const auto& [form, row] : queries_) {
    out.String(form);
    out.String(row.text);
    out.Value(row.last_us);
    out.Value(row.weight);
    out.Value<uint32_t>(static_cast<uint32_t>(row.days.size()));
    for (const auto& [day, counts] : row.days) {
      out.Value(day);
      SaveCounts(counts, out);
    }
    out.Value<uint32_t>(static_cast<uint32_t>(row.products.size()));
    for (const auto& [product, weight] : row.products) {
      out.String(product);
      out.Value(weight);
    }
  }
  out.Value<uint64_t>(answer_order_.size());
  for (const uint64_t id : answer_order_) {
    const Answer& answer = answers_.at(id);
    out.Value(id);
    out.String(answer.form);
    out.Value(answer.day);
    out.Value<int32_t>(answer.best_rank);
    out.Value<uint8_t>(answer.carted);
    out.Value<uint8_t>(answer.bought);
    out.String(answer.experiment);
    out.Value<uint8_t>(static_cast<uint8_t>(answer.side));
    out.Array(answer.shown);
    out.Value(answer.candidate_places);
    out.Value(answer.clicked_places);
  }
  SaveExperiments(experiments_, out);
}

absl::Status Activity::Load(base::ByteReader& in) {
  Activity loaded;
  const auto products = in.Value<uint64_t>();
  for (uint64_t i = 0; i < products && in.status().ok(); ++i) {
    Wanted& wanted = loaded.products_[in.String()];
    wanted.weight = in.Value<double>();
    wanted.at_us = in.Value<int64_t>();
  }
  const auto queries = in.Value<uint64_t>();
  for (uint64_t i = 0; i < queries && in.status().ok(); ++i) {
    QueryRow& row = loaded.queries_[in.String()];
    row.text = in.String();
    row.last_us = in.Value<int64_t>();
    row.weight = in.Value<double>();
    const auto days = in.Value<uint32_t>();
    for (uint32_t d = 0; d < days && in.status().ok(); ++d) {
      const auto day = in.Value<int32_t>();
      row.days[day] = LoadCounts(in);
    }
    const auto followed = in.Value<uint32_t>();
    for (uint32_t p = 0; p < followed && in.status().ok(); ++p) {
      const std::string product = in.String();
      row.products[product] = in.Value<double>();
    }
  }
  const auto answers = in.Value<uint64_t>();
  for (uint64_t i = 0; i < answers && in.status().ok(); ++i) {
    Answer answer;
    answer.id = in.Value<uint64_t>();
    answer.form = in.String();
    answer.day = in.Value<int32_t>();
    answer.best_rank = in.Value<int32_t>();
    answer.carted = in.Value<uint8_t>() != 0;
    answer.bought = in.Value<uint8_t>() != 0;
    answer.experiment = in.String();
    const auto side = in.Value<uint8_t>();
    in.Require(side <= static_cast<uint8_t>(Exposure::Side::kBoth), "an answer is of an unknown side");
    answer.side = static_cast<Exposure::Side>(side);
    answer.shown = in.Array<uint64_t>();
    in.Require(answer.shown.size() <= kPlacesMax, "an answer is longer than it may be");
    answer.candidate_places = in.Value<uint64_t>();
    answer.clicked_places = in.Value<uint64_t>();
    loaded.answer_order_.push_back(answer.id);
    loaded.answers_[answer.id] = std::move(answer);
  }
  in.Require(loaded.answers_.size() == loaded.answer_order_.size(), "an answer stands twice");
  loaded.experiments_ = LoadExperiments(in);
  for (const auto& [product, wanted] : loaded.products_) loaded.changed_.push_back(product);
  if (in.status().ok()) *this = std::move(loaded);
  return in.status();
}

}  // namespace kontor::search
