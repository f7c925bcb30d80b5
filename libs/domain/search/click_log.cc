#include "libs/domain/search/click_log.h"

#include <algorithm>
#include <tuple>

namespace kontor::search {

void ClickLog::MakeRoom() {
  std::vector<std::pair<uint64_t, const std::string*>> by_time;
  for (const auto& [form, query] : queries_) by_time.emplace_back(query.seen, &form);
  std::sort(by_time.begin(), by_time.end());
  std::vector<std::string> going;
  for (const auto& [seen, form] : by_time) {
    if (entries_ <= kEntriesMax - kEntriesMax / 10) break;
    entries_ -= queries_.at(*form).counts.size();
    going.push_back(*form);
  }
  for (const std::string& form : going) queries_.erase(form);
}

void ClickLog::Shown(absl::string_view form, absl::string_view text, absl::Span<const std::string> products,
                     uint64_t answer_id) {
  if (form.empty() || products.empty() || answer_id == 0 || answers_.contains(answer_id)) return;
  if (entries_ > kEntriesMax) MakeRoom();
  ++shown_;
  Query& query = queries_.try_emplace(std::string(form)).first->second;
  if (query.text.empty()) {
    query.text = std::string(text);
    query.number = shown_;
  }
  query.seen = shown_;
  Answer answer{std::string(form), query.number, {}, {}};
  for (const std::string& product : products.first(std::min(products.size(), kPlaces))) {
    const size_t place = answer.products.size();
    const auto next = static_cast<uint16_t>(query.products.size());
    const auto known =
        next < kProductsMax ? query.products.try_emplace(product, next).first : query.products.find(product);
    answer.products.push_back(known == query.products.end() ? kLeftOut : known->second);
    if (known == query.products.end()) continue;
    const auto [counts, added] = query.counts.try_emplace(KeyOf(known->second, place));
    entries_ += added ? 1 : 0;
    ++counts->second.shown;
  }
  answers_.emplace(answer_id, std::move(answer));
  answer_order_.push_back(answer_id);
  if (answer_order_.size() <= kAnswersMax) return;
  answers_.erase(answer_order_.front());
  answer_order_.pop_front();
}

void ClickLog::Clicked(absl::string_view product, uint64_t answer_id) {
  const auto found = answers_.find(answer_id);
  if (answer_id == 0 || found == answers_.end()) return;
  Answer& answer = found->second;
  const auto query = queries_.find(answer.form);
  if (query == queries_.end() || query->second.number != answer.query) return;
  const auto number = query->second.products.find(product);
  if (number == query->second.products.end()) return;
  const auto at = std::find(answer.products.begin(), answer.products.end(), number->second);
  const auto place = static_cast<size_t>(at - answer.products.begin());
  if (at == answer.products.end() || answer.clicked[place]) return;
  answer.clicked[place] = true;
  ++query->second.counts.at(KeyOf(number->second, place)).clicked;
}

ClickedAnswers ClickLog::Read() const {
  std::vector<const std::string*> forms;
  for (const auto& [form, query] : queries_) forms.push_back(&form);
  std::sort(forms.begin(), forms.end(), [](const auto* a, const auto* b) { return *a < *b; });
  ClickedAnswers out;
  for (const std::string* form : forms) {
    const Query& query = queries_.at(*form);
    const auto number = static_cast<uint32_t>(out.queries.size());
    ClickedAnswers::Query& read = out.queries.emplace_back();
    read.text = query.text;
    read.products.resize(query.products.size());
    for (const auto& [product, document] : query.products) read.products[document] = product;
    const size_t begin = out.impressions.size();
    for (const auto& [key, counts] : query.counts) {
      out.impressions.push_back({number, key / static_cast<uint32_t>(kPlaces), static_cast<uint16_t>(key % kPlaces),
                                 counts.shown, counts.clicked});
    }
    std::sort(out.impressions.begin() + static_cast<ptrdiff_t>(begin), out.impressions.end(),
              [](const Impressions& a, const Impressions& b) {
                return std::tie(a.document, a.place) < std::tie(b.document, b.place);
              });
  }
  return out;
}

void ClickLog::Save(base::ByteWriter& out) const {
  out.Value(shown_);
  out.Value<uint64_t>(queries_.size());
  for (const auto& [form, query] : queries_) {
    out.String(form);
    out.String(query.text);
    out.Value(query.number);
    out.Value(query.seen);
    out.Value<uint32_t>(static_cast<uint32_t>(query.products.size()));
    for (const auto& [product, document] : query.products) {
      out.String(product);
      out.Value(document);
    }
    out.Value<uint32_t>(static_cast<uint32_t>(query.counts.size()));
    for (const auto& [key, counts] : query.counts) {
      out.Value(key);
      out.Value(counts.shown);
      out.Value(counts.clicked);
    }
  }
  out.Value<uint64_t>(answer_order_.size());
  for (const uint64_t id : answer_order_) {
    const Answer& answer = answers_.at(id);
    out.Value(id);
    out.String(answer.form);
    out.Value(answer.query);
    out.Array(answer.products);
    out.Value<uint64_t>(answer.clicked.to_ullong());
  }
}

absl::Status ClickLog::Load(base::ByteReader& in) {
  ClickLog loaded;
  loaded.shown_ = in.Value<uint64_t>();
  const auto queries = in.Value<uint64_t>();
  for (uint64_t i = 0; i < queries && in.status().ok(); ++i) {
    Query& query = loaded.queries_[in.String()];
    query.text = in.String();
    query.number = in.Value<uint64_t>();
    query.seen = in.Value<uint64_t>();
    const auto products = in.Value<uint32_t>();
    std::vector<bool> numbered(std::min<size_t>(products, kProductsMax));
    for (uint32_t p = 0; p < products && in.status().ok(); ++p) {
      const std::string product = in.String();
      const auto document = in.Value<uint16_t>();
      in.Require(document < numbered.size() && !numbered[document], "a product has a number that it may not have");
      if (in.status().ok()) numbered[document] = true;
      query.products[product] = document;
    }
    in.Require(query.products.size() == products, "a product of a query stands twice");
    const auto entries = in.Value<uint32_t>();
    for (uint32_t e = 0; e < entries && in.status().ok(); ++e) {
      const auto key = in.Value<uint32_t>();
      Counts& counts = query.counts[key];
      counts.shown = in.Value<uint32_t>();
      counts.clicked = in.Value<uint32_t>();
      in.Require(key / kPlaces < products && counts.clicked <= counts.shown, "a count is out of range");
    }
    loaded.entries_ += query.counts.size();
  }
  const auto answers = in.Value<uint64_t>();
  for (uint64_t i = 0; i < answers && in.status().ok(); ++i) {
    const auto id = in.Value<uint64_t>();
    Answer& answer = loaded.answers_[id];
    answer.form = in.String();
    answer.query = in.Value<uint64_t>();
    answer.products = in.Array<uint16_t>();
    answer.clicked = std::bitset<kPlaces>(in.Value<uint64_t>());
    in.Require(answer.products.size() <= kPlaces, "an answer is longer than it may be");
    loaded.answer_order_.push_back(id);
  }
  in.Require(loaded.queries_.size() == queries && loaded.answers_.size() == answers,
             "a query or an answer stands twice");
  if (in.status().ok()) *this = std::move(loaded);
  return in.status();
}

}  // namespace kontor::search
