#include "libs/domain/search/query_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kontor::search {
namespace {

constexpr size_t kRunMax = 4;          // words of a value that a query can name
constexpr size_t kPreferencesMax = 4;  // of one run
constexpr uint32_t kValueProductsMin = 2;
constexpr float kWeightMin = 0.05F;
constexpr double kSmoothing = 0.1;
constexpr double kFar = 20;  // a share of e^-20 of the likeliest is none
constexpr char kSeparator = '\x1f';

struct Value {
  std::string field, text;
  uint32_t products = 0;
};

void SortUnique(std::vector<uint32_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

struct QueryModel::Impl {
  struct Count {
    uint32_t category = 0;
    float log_seen = 0;  // what the term adds to log_unseen there
  };

  absl::flat_hash_map<std::string, uint32_t> terms;
  std::vector<uint32_t> products;          // that have the term
  std::vector<std::vector<Count>> counts;  // of each term by category
  std::vector<std::vector<std::string>> categories;
  std::vector<double> log_prior, log_unseen;  // log_unseen: of a term that a category has not
  absl::flat_hash_map<std::string, std::vector<std::pair<uint32_t, double>>> clicks;  // by terms joined by blanks
  absl::flat_hash_map<std::string, std::vector<Value>> values;                        // by terms joined by blanks

  std::vector<double> Shares(absl::Span<const std::string> asked) const;
};

struct QueryModel::Builder::State {
  explicit State(const text::Analyzer& a) : analyzer(a) {}

  uint32_t Term(const std::string& term) {
    const auto [found, added] = terms.try_emplace(term, static_cast<uint32_t>(products.size()));
    if (added) products.push_back(0);
    return found->second;
  }
  uint32_t Category(const std::vector<std::string>& path) {
    const auto [found, added] = category_ids.try_emplace(absl::StrJoin(path, std::string(1, kSeparator)),
                                                         static_cast<uint32_t>(categories.size()));
    if (added) categories.push_back(path);
    return found->second;
  }
  // Terms of the main forms; with `present`, all ids are added to the product's.
  std::vector<std::string> Read(absl::string_view text, bool present) {
    analyzer.Analyze(text, tokens);
    std::vector<std::string> main;
    for (const text::Token& token : tokens) {
      if (present) document.push_back(Term(token.term));
      if (!token.extra) main.push_back(token.term);
    }
    return main;
  }
  void AddValue(const std::string& field, const std::string& text) {
    const std::vector<std::string> run = Read(text, true);
    if (run.empty() || run.size() > kRunMax) return;
    std::string key = absl::StrJoin(run, " ");
    std::string name = absl::StrCat(field, std::string(1, kSeparator), key);
    const auto [found, added] = value_ids.try_emplace(std::move(name), static_cast<uint32_t>(values.size()));
    if (added) values.push_back({std::move(key), {field, text, 0}});
    document_values.push_back(found->second);
  }

  const text::Analyzer& analyzer;
  std::vector<text::Token> tokens;
  absl::flat_hash_map<std::string, uint32_t> terms, category_ids, value_ids;
  std::vector<uint32_t> products;
  std::vector<std::vector<std::string>> categories;
  absl::flat_hash_map<uint64_t, float> counts;  // term << 32 | category
  std::vector<double> category_products, category_tokens;
  std::vector<std::pair<std::string, Value>> values;
  absl::flat_hash_map<std::string, absl::flat_hash_map<uint32_t, double>> clicks;
  std::vector<uint32_t> document, document_values;  // of the product being added
};

QueryModel::Builder::Builder(const text::Analyzer& analyzer) : state_(std::make_unique<State>(analyzer)) {}
QueryModel::Builder::~Builder() = default;
QueryModel::QueryModel(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
QueryModel::~QueryModel() = default;

void QueryModel::Builder::Add(const Product& product) {
  State& s = *state_;
  s.document.clear();
  s.document_values.clear();
  std::vector<std::string> bag = s.Read(product.title, true);
  if (!product.brand.empty()) s.AddValue("brand", product.brand);
  for (const Attribute& attribute : product.attributes) {
    if (!attribute.numeric) s.AddValue(attribute.name, attribute.text);
  }
  for (const std::string& name : product.category_path) {
    const std::vector<std::string> more = s.Read(name, true);
    bag.insert(bag.end(), more.begin(), more.end());
  }
  if (!product.category_path.empty()) {
    s.AddValue("category", product.category_path.back());
    const uint32_t category = s.Category(product.category_path);
    s.category_products.resize(s.categories.size());
    s.category_tokens.resize(s.categories.size());
    s.category_products[category] += 1;
    s.category_tokens[category] += static_cast<double>(bag.size());
    for (const std::string& term : bag) s.counts[static_cast<uint64_t>(s.Term(term)) << 32 | category] += 1;
  }
  SortUnique(s.document);
  for (uint32_t term : s.document) ++s.products[term];
  SortUnique(s.document_values);
  for (uint32_t value : s.document_values) ++s.values[value].second.products;
}

void QueryModel::Builder::AddClicks(absl::string_view query, const std::vector<std::string>& category_path,
                                    double clicks) {
  if (!(clicks > 0) || !std::isfinite(clicks) || category_path.empty()) return;
  const std::string key = absl::StrJoin(state_->Read(query, false), " ");
  if (!key.empty()) state_->clicks[key][state_->Category(category_path)] += clicks;
}

std::shared_ptr<const QueryModel> QueryModel::Builder::Build() && {
  State& s = *state_;
  auto impl = std::make_unique<Impl>();
  impl->terms = std::move(s.terms);
  impl->products = std::move(s.products);
  impl->categories = std::move(s.categories);
  impl->counts.resize(impl->products.size());
  for (const auto& [key, tokens] : s.counts) {
    const auto log_seen = static_cast<float>(std::log((tokens + kSmoothing) / kSmoothing));
    impl->counts[key >> 32].push_back({static_cast<uint32_t>(key), log_seen});
  }
  for (auto& counts : impl->counts) {
    std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.category < b.category; });
  }
  s.category_products.resize(impl->categories.size());
  s.category_tokens.resize(impl->categories.size());
  double all = 0;
  for (double products : s.category_products) all += products + 1;
  for (double products : s.category_products) impl->log_prior.push_back(std::log((products + 1) / all));
  const double spread = kSmoothing * static_cast<double>(std::max<size_t>(1, impl->products.size()));
  for (double tokens : s.category_tokens) impl->log_unseen.push_back(std::log(kSmoothing / (tokens + spread)));
  for (const auto& [query, categories] : s.clicks) {
    auto& sorted = impl->clicks[query];
    sorted.assign(categories.begin(), categories.end());
    std::sort(sorted.begin(), sorted.end());
  }
  for (auto& [key, value] : s.values) {
    if (value.products >= kValueProductsMin) impl->values[key].push_back(std::move(value));
  }
  for (auto& [key, values] : impl->values) {
    std::sort(values.begin(), values.end(), [](const Value& a, const Value& b) {
      return a.products != b.products ? a.products > b.products : a.field < b.field;
    });
    if (values.size() > kPreferencesMax) values.resize(kPreferencesMax);
  }
  return std::shared_ptr<const QueryModel>(new QueryModel(std::move(impl)));
}

// Naive Bayes: one share a category; empty where no term is known.
std::vector<double> QueryModel::Impl::Shares(absl::Span<const std::string> asked) const {
  std::vector<double> scores = log_prior;
  double known = 0;
  for (const std::string& term : asked) {
    const auto found = terms.find(term);
    if (found == terms.end() || counts[found->second].empty()) continue;
    known += 1;
    for (const Count& count : counts[found->second]) scores[count.category] += count.log_seen;
  }
  if (known == 0) return {};
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (size_t c = 0; c < scores.size(); ++c) {
    scores[c] += known * log_unseen[c];
    most = std::max(most, scores[c]);
  }
  for (double& score : scores) sum += score = score < most - kFar ? 0 : std::exp(score - most);
  for (double& score : scores) score /= sum;
  return scores;
}

std::vector<PredictedCategory> QueryModel::Categories(absl::Span<const std::string> terms) const {
  std::vector<double> shares = impl_->Shares(terms);
  if (const auto clicked = impl_->clicks.find(absl::StrJoin(terms, " ")); clicked != impl_->clicks.end()) {
    double prior = kClickPrior, all = 0;
    if (shares.empty()) {
      shares.assign(impl_->categories.size(), 0);
      prior = 0;
    }
    for (const auto& [category, clicks] : clicked->second) all += clicks;
    for (double& share : shares) share *= prior / (all + prior);
    for (const auto& [category, clicks] : clicked->second) shares[category] += clicks / (all + prior);
  }
  std::vector<uint32_t> order;
  for (uint32_t c = 0; c < shares.size(); ++c) {
    if (shares[c] >= kProbabilityMin) order.push_back(c);
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return shares[a] != shares[b] ? shares[a] > shares[b] : impl_->categories[a] < impl_->categories[b];
  });
  if (order.size() > kCategoriesMax) order.resize(kCategoriesMax);
  std::vector<PredictedCategory> predicted;
  for (uint32_t c : order) predicted.push_back({impl_->categories[c], shares[c]});
  return predicted;
}

QueryModel::Meaning QueryModel::MeaningOf(absl::Span<const std::string> terms, size_t at) const {
  Meaning meaning;
  std::string run;
  uint32_t rarest = std::numeric_limits<uint32_t>::max();
  for (size_t n = 1; n <= kRunMax && at + n <= terms.size(); ++n) {
    absl::StrAppend(&run, n == 1 ? "" : " ", terms[at + n - 1]);
    const auto term = impl_->terms.find(terms[at + n - 1]);
    if (term == impl_->terms.end()) break;
    rarest = std::min(rarest, impl_->products[term->second]);
    const auto found = impl_->values.find(run);
    if (found == impl_->values.end() || rarest == 0) continue;
    std::vector<Preference> preferences;
    for (const Value& value : found->second) {
      const float weight = std::min(1.0F, static_cast<float>(value.products) / static_cast<float>(rarest));
      if (weight >= kWeightMin) preferences.push_back({.field = value.field, .value = value.text, .weight = weight});
    }
    if (!preferences.empty()) meaning = {n, std::move(preferences)};
  }
  return meaning;
}

}  // namespace kontor::search
