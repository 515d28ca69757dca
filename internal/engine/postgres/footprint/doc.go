// Package footprint tells, before anything runs, what a batch touches: it walks
// the trees of the batch's statements over what the catalogs say of tables,
// views, triggers, rules, functions and foreign keys. Its answer is never
// smaller than the truth; where it cannot know, it says so and takes everything.
package footprint
