#include "libs/domain/search/index_batch.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

constexpr size_t kMaxId = 1024;
constexpr size_t kMaxText = 1 << 20;
constexpr size_t kMaxValues = 1000;

class Checker {
 public:
  explicit Checker(absl::string_view path) : path_(path) {}

  void At(size_t i) { i_ = i; }
  void Require(bool condition, absl::string_view field, absl::string_view reason, absl::string_view text) {
    if (!condition) violations_.Add(absl::StrCat(path_, "[", i_, "].", field), reason, text);
  }
  void CheckId(const std::string& id) {
    Require(!id.empty() && id.size() <= kMaxId, "id", "ID", absl::StrCat("must have 1 to ", kMaxId, " bytes"));
  }
  void CheckPrice(int64_t price) { Require(price >= -1, "price_micros", "NEGATIVE", "must be 0 and above, or -1"); }
  void CheckNumber(float value, float least, absl::string_view field) {
    Require(std::isfinite(value) && value >= least, field, "OUT_OF_RANGE", "is out of its range");
  }
  void CheckProduct(const Product& product) {
    CheckId(product.id);
    size_t text = product.title.size() + product.brand.size() + product.description.size() + product.group_id.size();
    for (const std::string& part : product.category_path) text += part.size();
    for (const std::string& code : product.codes) text += code.size();
    for (const Attribute& attribute : product.attributes) {
      text += attribute.name.size() + attribute.text.size();
      Require(!attribute.name.empty(), "attributes", "NO_NAME", "an attribute needs a name");
      Require(!attribute.numeric || std::isfinite(attribute.number), "attributes", "NOT_FINITE",
              absl::StrCat("the number of ", attribute.name, " is none"));
    }
    Require(text <= kMaxText, "text", "TOO_LONG", "a product has at most 1 MiB of text");
    const size_t values = product.attributes.size() + product.codes.size() + product.category_path.size();
    Require(values <= kMaxValues, "attributes", "TOO_MANY", absl::StrCat("at most ", kMaxValues, " values"));
  }
  absl::Status Finish() const { return violations_.ToStatus(); }

 private:
  const std::string path_;
  size_t i_ = 0;
  base::Violations violations_;
};

void MergeChanges(const LiveUpdate& newer, LiveUpdate& into) {
  if (newer.price_micros) into.price_micros = newer.price_micros;
  if (newer.stock) into.stock = newer.stock;
  if (newer.popularity) into.popularity = newer.popularity;
  if (newer.margin_share) into.margin_share = newer.margin_share;
}

}  // namespace

absl::Status Validate(absl::Span<const Upsertion> batch) {
  Checker checker("products");
  for (size_t i = 0; i < batch.size(); ++i) {
    checker.At(i);
    checker.CheckProduct(batch[i].product);
    if (!batch[i].live.has_value()) continue;
    checker.CheckPrice(batch[i].live->price_micros);
    checker.CheckNumber(batch[i].live->stock, -1, "stock");
    checker.CheckNumber(batch[i].live->popularity, 0, "popularity");
    checker.CheckNumber(batch[i].live->margin_share, -1e6F, "margin_share");
  }
  return checker.Finish();
}

absl::Status Validate(absl::Span<const LiveUpdate> updates) {
  Checker checker("updates");
  for (size_t i = 0; i < updates.size(); ++i) {
    checker.At(i);
    checker.CheckId(updates[i].id);
    checker.CheckPrice(updates[i].price_micros.value_or(0));
    checker.CheckNumber(updates[i].stock.value_or(0), -1, "stock");
    checker.CheckNumber(updates[i].popularity.value_or(0), 0, "popularity");
    checker.CheckNumber(updates[i].margin_share.value_or(0), -1e6F, "margin_share");
  }
  return checker.Finish();
}

void Index::Batch::Put(AnalysedProduct product, const std::optional<LiveValues>& live) {
  const auto [place, added] = places.try_emplace(product.product.id, entries.size());
  if (added) entries.emplace_back();
  Entry& entry = entries[place->second];
  entry.product = std::move(product);
  if (!live.has_value()) return;
  entry.live = live;
  entry.changes = {};
}

void Index::Batch::Remove(const std::string& id) {
  removed.insert(id);
  const auto found = places.find(id);
  if (found == places.end()) return;
  entries[found->second] = {};
  places.erase(found);
}

Index::Index(const text::Analyzer& analyzer, const IndexOptions& options)
    : analyzer_(analyzer),
      options_(options),
      values_(std::make_shared<ValueDictionary>()),
      batch_(std::make_shared<Batch>()),
      view_(std::make_shared<const IndexView>(Parts(), values_, 0)) {}

Index::~Index() = default;

absl::Status Index::Upsert(absl::Span<const Upsertion> batch) {
  RETURN_IF_ERROR(Validate(batch));
  std::vector<AnalysedProduct> products;
  products.reserve(batch.size());
  std::vector<text::Token> tokens;
  for (const Upsertion& upsertion : batch) products.push_back(AnalyseProduct(analyzer_, upsertion.product, tokens));
  base::MutexLock lock(mutex_);
  for (size_t i = 0; i < batch.size(); ++i) batch_->Put(std::move(products[i]), batch[i].live);
  return absl::OkStatus();
}

void Index::Remove(absl::Span<const std::string> ids) {
  base::MutexLock lock(mutex_);
  for (const std::string& id : ids) batch_->Remove(id);
}

absl::StatusOr<size_t> Index::SetLive(absl::Span<const LiveUpdate> updates) {
  RETURN_IF_ERROR(Validate(updates));
  size_t unknown = 0;
  base::MutexLock lock(mutex_);
  for (const LiveUpdate& update : updates) unknown += ApplyLive(update) ? 0 : 1;
  return unknown;
}

bool Index::ApplyLive(const LiveUpdate& update) {
  bool known = false;
  if (const auto found = batch_->places.find(update.id); found != batch_->places.end()) {
    MergeChanges(update, batch_->entries[found->second].changes);
    known = true;
  }
  if (in_flight_ > 0) in_flight_updates_.push_back(update);
  known |= sealing_ != nullptr && sealing_->places.contains(update.id);
  const std::shared_ptr<const IndexView> view = view_.Get();
  const std::optional<DocRef> doc = view->Find(update.id);
  if (!doc.has_value()) return known;
  LiveValues live = view->Live(*doc);
  Apply(update, live);
  view->segment(doc->segment).live.Set(doc->doc, live);
  return true;
}

size_t Index::pending() const {
  base::MutexLock lock(mutex_);
  return batch_->size() + (sealing_ != nullptr ? sealing_->size() : 0);
}

}  // namespace kontor::search
