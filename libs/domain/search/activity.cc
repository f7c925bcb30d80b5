#include "libs/domain/search/activity.h"

#include <algorithm>
#include <cmath>

namespace kontor::search {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;
constexpr double kHalfLifeUs = 30.0 * kDayUs;
constexpr double kTouchWeights[] = {1, 2, 5, 10};
constexpr double kLeastWeight = .01;

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
                        int64_t at_us) {
  if (form.empty()) return;
  if (!queries_.contains(form)) MakeRoom();
  QueryRow& row = queries_.try_emplace(std::string(form)).first->second;
  if (row.text.empty()) {
    row.text = std::string(text);
    row.last_us = at_us;
  }
  AddFading(total_results > 0 ? 1 : 0, at_us, row.weight, row.last_us);
  SearchCounts& counts = row.days[DayOf(at_us)];
  ++counts.searches;
  if (total_results <= 0) ++counts.without_results;
  while (row.days.begin()->first < DayOf(row.last_us) - kDaysKept) row.days.erase(row.days.begin());
  if (answer_id == 0) return;
  if (!answers_.try_emplace(answer_id, Answer{answer_id, std::string(form), DayOf(at_us)}).second) return;
  answer_order_.push_back(answer_id);
  if (answer_order_.size() <= kAnswersMax) return;
  answers_.erase(answer_order_.front());
  answer_order_.pop_front();
}

Activity::Answer* Activity::Find(uint64_t answer_id) {
  const auto found = answers_.find(answer_id);
  return answer_id == 0 || found == answers_.end() ? nullptr : &found->second;
}

SearchCounts* Activity::CountsOf(const Answer& answer) {
  const auto query = queries_.find(answer.form);
  return query == queries_.end() ? nullptr : &query->second.days[answer.day];
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
  SearchCounts* counts = answer == nullptr ? nullptr : CountsOf(*answer);
  if (counts == nullptr) return;
  if (touch != Touch::kView) Follow(*answer, product, weight);
  if (touch == Touch::kCart && !answer->carted) {
    answer->carted = true;
    ++counts->cart_searches;
  }
  if (touch != Touch::kClick) return;
  ++counts->clicks;
  const int place = std::max(rank, 1);
  if (answer->best_rank == 0) ++counts->clicked_searches;
  if (answer->best_rank != 0 && answer->best_rank <= place) return;
  counts->reciprocal_ranks += 1.0 / place - (answer->best_rank == 0 ? 0 : 1.0 / answer->best_rank);
  answer->best_rank = place;
}

void Activity::Bought(const std::string& product, int64_t amount_nanos, const std::string& currency, uint64_t answer_id,
                      int64_t at_us) {
  Want(product, kTouchWeights[static_cast<size_t>(Touch::kBuy)], at_us);
  Answer* answer = Find(answer_id);
  SearchCounts* counts = answer == nullptr ? nullptr : CountsOf(*answer);
  if (counts == nullptr) return;
  Follow(*answer, product, kTouchWeights[static_cast<size_t>(Touch::kBuy)]);
  counts->revenue_nanos[currency] += amount_nanos;
  if (!answer->bought) ++counts->bought_searches;
  answer->bought = true;
}

double Activity::Popularity(absl::string_view product, int64_t at_us) const {
  const auto found = products_.find(product);
  if (found == products_.end()) return 0;
  const double weight = Faded(found->second.weight, found->second.at_us, at_us);
  return weight < kLeastWeight ? 0 : weight;
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
  }
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
    loaded.answer_order_.push_back(answer.id);
    loaded.answers_[answer.id] = std::move(answer);
  }
  in.Require(loaded.answers_.size() == loaded.answer_order_.size(), "an answer stands twice");
  for (const auto& [product, wanted] : loaded.products_) loaded.changed_.push_back(product);
  if (in.status().ok()) *this = std::move(loaded);
  return in.status();
}

}  // namespace kontor::search
