#include "services/search/shop_search.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/text/normalize.h"
#include "libs/platform/runtime/log.h"
#include "services/search/attribution_token.h"
#include "services/search/catalogue_product.h"
#include "services/search/companion_building.h"
#include "services/search/opensearch_document.h"

namespace kontor::search {
namespace {

constexpr int64_t kNanosOfMicro = 1'000;
constexpr uint64_t kSnapshotLayout = 0x6b6f6e746f720002;  // its last part rises with every change of what Save writes

// Of what is no token of a search, one of no answer.
AttributionToken TokenOf(const DecodedRecord& record) {
  return ParseAttributionToken(record.attribution_token).value_or(AttributionToken());
}

Exposure ExposureOf(const AttributionToken& token, const QueryMade& query) {
  if (token.experiment.empty()) return {};
  return {token.experiment, static_cast<Exposure::Side>(token.variant), token.candidate_places, query.products};
}

// Of what companions are learned from; a product that is removed has no texts.
uint64_t TextsOf(const catalogue::ProductSnapshot& product) {
  std::string texts = absl::StrCat(product.removed ? "" : product.product, "\n", product.title, "\n", product.brand,
                                   "\n", absl::StrJoin(product.category_path, "\n"), "\n");
  for (const catalogue::ProductAttribute& attribute : product.attributes) {
    absl::StrAppend(&texts, attribute.name, "\n", attribute.value, "\n");
  }
  return base::StableHash(texts);
}

}  // namespace

ShopSearch::ShopSearch(std::unique_ptr<const text::Analyzer> analyzer,
                       std::shared_ptr<const nn::SentenceEncoder> sentences, double reading_share)
    : analyzer_(std::move(analyzer)),
      reading_share_(reading_share),
      index_(*analyzer_),
      companions_(std::make_shared<const Companions>()),
      meaning_(*analyzer_, std::move(sentences)) {}

absl::Time ShopSearch::newest_event() const {
  return absl::FromUnixMicros(newest_micros_.load(std::memory_order_relaxed));
}

LiveValues ShopSearch::LiveOf(const std::string& product) const {
  LiveValues values;
  const CatalogueState::Row* row = catalogue_.Find(product);
  if (row == nullptr) return values;
  for (const CatalogueState::Price& price : row->prices) {
    if (price.currency != currency_) continue;
    values.price_micros = price.price.nanos / kNanosOfMicro;
    if (price.cost.has_value() && price.price.nanos > 0) {
      values.margin_share = static_cast<float>(
          std::max(0.0, 1 - static_cast<double>(price.cost->nanos) / static_cast<double>(price.price.nanos)));
    }
  }
  if (const auto free = row->stock.Free()) values.stock = std::max(0.0F, static_cast<float>(*free) / 1e9F);
  values.popularity = static_cast<float>(activity_.Popularity(product, newest_micros_));
  return values;
}

absl::Status ShopSearch::SetLive(const std::string& product) {
  const LiveValues values = LiveOf(product);
  return index_.SetLive({{product, values.price_micros, values.stock, values.popularity, values.margin_share}})
      .status();
}

bool ShopSearch::Reads(absl::string_view product) const {
  return reading_share_ >= 1 || std::ldexp(static_cast<double>(base::StableHash(product)), -64) < reading_share_;
}

absl::Status ShopSearch::ApplyProduct(const catalogue::ProductSnapshot& product) {
  if (!catalogue_.Apply(product)) return absl::OkStatus();
  if (catalogue_.NoteTexts(product.product, TextsOf(product))) ++texts_;
  if (product.removed) {
    index_.Remove({product.product});
    return absl::OkStatus();
  }
  return index_.Upsert({{ProductOf(product), LiveOf(product.product)}});
}

absl::Status ShopSearch::ApplyActivity(const DecodedRecord& record) {
  const int64_t at = absl::ToUnixMicros(record.occurred_at);
  const AttributionToken token = TokenOf(record);
  const uint64_t answer = token.answer_id;
  if (const auto* query = std::get_if<QueryMade>(&record.content)) {
    const std::string form = text::NormalForm(query->query);
    activity_.Searched(form, query->query, query->total_results, answer, at, ExposureOf(token, *query));
    clicks_.Shown(form, query->query, query->products, answer);
  } else if (const auto* touched = std::get_if<ProductTouched>(&record.content)) {
    const auto touch = touched->kind == ProductTouched::Kind::kViewed    ? Activity::Touch::kView
                       : touched->kind == ProductTouched::Kind::kClicked ? Activity::Touch::kClick
                                                                         : Activity::Touch::kCart;
    activity_.Touched(touch, touched->product, answer, touched->rank, at);
    if (touch == Activity::Touch::kClick) clicks_.Clicked(touched->product, answer);
  } else if (const auto* sold = std::get_if<OrderSold>(&record.content)) {
    for (const OrderSold::Line& line : sold->lines) {
      activity_.Bought(line.product, line.amount_nanos, sold->currency, answer, at);
    }
  }
  absl::Status status;
  for (const std::string& product : activity_.TakeChanged()) status.Update(SetLive(product));
  return status;
}

absl::Status ShopSearch::Apply(const DecodedRecord& record) {
  base::MutexLock lock(mutex_);
  ++records_;
  const int64_t at = absl::ToUnixMicros(record.occurred_at);
  if (at > newest_micros_) newest_micros_ = at;
  const absl::string_view about = ChangedProduct(record);
  if (!about.empty() && !Reads(about)) return absl::OkStatus();
  if (const auto* product = std::get_if<catalogue::ProductSnapshot>(&record.content)) return ApplyProduct(*product);
  if (const auto* price = std::get_if<catalogue::PriceSnapshot>(&record.content)) {
    if (currency_.empty()) SetCurrency(price->currency);
    return catalogue_.Apply(*price) ? SetLive(price->product) : absl::OkStatus();
  }
  if (const auto* level = std::get_if<catalogue::StockLevel>(&record.content)) {
    return catalogue_.Apply(*level) ? SetLive(level->product) : absl::OkStatus();
  }
  if (const auto* change = std::get_if<catalogue::StockChange>(&record.content)) {
    return catalogue_.Apply(*change) ? SetLive(change->product) : absl::OkStatus();
  }
  return ApplyActivity(record);
}

void ShopSearch::SetCurrency(std::string currency) {
  currency_ = std::move(currency);
  shown_currency_.Publish(std::make_shared<const std::string>(currency_));
}

void ShopSearch::RefreshCurrency() {
  const std::string main = catalogue_.MainCurrency();
  if (main.empty() || main == currency_) return;
  SetCurrency(main);
  absl::Status status;
  catalogue_.ForEach([&](const std::string& product, const CatalogueState::Row& row) {
    if (row.known()) status.Update(SetLive(product));
  });
  if (!status.ok()) runtime::LogWarning("a price keeps the currency before", {{"error", status.ToString()}});
}

void ShopSearch::RefreshCompanions(const std::function<bool()>& cancelled) {
  const uint64_t texts = this->texts(), records = this->records();
  Commit();  // so that the view has all of these
  const std::shared_ptr<const IndexView> view = View();
  std::vector<SuggestionEntry> asked;
  std::vector<ClickedQuery> clicked;
  {
    base::MutexLock lock(mutex_);
    RefreshCurrency();
    asked = SuggestedQueries(activity_, newest_micros_);
    clicked = ClickedQueries(activity_);
  }
  Companions companions = BuildCompanions(*analyzer_, *view, std::move(asked), clicked);
  companions.texts = texts;
  companions.records = records;
  companions.meaning = companions_.Get()->meaning;
  companions_.Publish(std::make_shared<const Companions>(companions));  // before the vectors, which may take minutes
  meaning_.Refresh(*view, cancelled, [&](std::shared_ptr<const Meaning> meaning) {
    companions.meaning = std::move(meaning);
    companions_.Publish(std::make_shared<const Companions>(companions));
  });
}

std::string ShopSearch::main_currency() const {
  const std::shared_ptr<const std::string> currency = shown_currency_.Get();
  return currency == nullptr ? "" : *currency;
}

ShopSearch::Known ShopSearch::KnownProduct(absl::string_view product) const {
  base::MutexLock lock(mutex_);
  const CatalogueState::Row* row = catalogue_.Find(product);
  if (row == nullptr) return {};
  return {row->revision != INT64_MIN, row->removed};
}

void ShopSearch::ReadActivity(absl::FunctionRef<void(const Activity&)> read) const {
  base::MutexLock lock(mutex_);
  read(activity_);
}

ClickedAnswers ShopSearch::Clicks() const {
  base::MutexLock lock(mutex_);
  return clicks_.Read();
}

std::string ShopSearch::Save(absl::string_view owner) {
  base::MutexLock lock(mutex_);
  index_.Commit();
  base::ByteWriter out;
  out.Value(kSnapshotLayout);
  out.String(index_.Save(owner));
  out.Value<int64_t>(newest_micros_);
  out.String(currency_);
  out.Value<double>(reading_share_);
  catalogue_.Save(out);
  activity_.Save(out);
  clicks_.Save(out);
  return std::move(out).Take();
}

absl::StatusOr<std::string> ShopSearch::Load(absl::string_view bytes) {
  base::MutexLock lock(mutex_);
  base::ByteReader in(bytes);
  in.Require(in.Value<uint64_t>() == kSnapshotLayout, "it is of another layout");
  RETURN_IF_ERROR(in.status());
  const std::string index = in.String();
  const auto newest = in.Value<int64_t>();
  const std::string currency = in.String();
  in.Require(in.Value<double>() == reading_share_, "it is of another share of the products");
  CatalogueState catalogue;
  Activity activity;
  ClickLog clicks;
  RETURN_IF_ERROR(catalogue.Load(in));
  RETURN_IF_ERROR(activity.Load(in));
  RETURN_IF_ERROR(clicks.Load(in));
  in.Require(in.AtEnd(), "there is more behind the end");
  RETURN_IF_ERROR(in.status());
  ASSIGN_OR_RETURN(std::string owner, index_.Load(index));
  newest_micros_ = newest;
  ++texts_;
  SetCurrency(currency);
  catalogue_ = std::move(catalogue);
  activity_ = std::move(activity);
  clicks_ = std::move(clicks);
  return owner;
}

void ShopSearch::Reset() {
  base::MutexLock lock(mutex_);
  const absl::StatusOr<std::string> emptied = index_.Load(Index(*analyzer_).Save(""));
  if (!emptied.ok()) runtime::LogError("the search index cannot be emptied", {{"error", emptied.status().ToString()}});
  newest_micros_ = 0;
  ++texts_;
  SetCurrency("");
  catalogue_ = {};
  activity_ = {};
  clicks_ = {};
}

}  // namespace kontor::search
