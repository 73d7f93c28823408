/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread-specific data. A key's generation tells values of today from those of a deleted key with
 * the same number, so deleting one need not visit every thread. Values lie in blocks that a thread
 * gets when it first sets a key in them.
 */
#include "kernel/heap.h"
#include "kernel/mutex.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

struct key {
	void (*destructor)(void *);
	atomic_uint generation; /* odd: in use */
};

struct key_value {
	unsigned generation; /* the key's when it was set; 0: never */
	void *value;
};

static struct key keys[PTHREAD_KEYS_MAX];
static struct mutex lock = MUTEX_INIT; /* creating and deleting */

static unsigned generation_of(pthread_key_t k)
{
	return atomic_load_explicit(&keys[k].generation, memory_order_relaxed);
}

static bool in_use(pthread_key_t k)
{
	return k < PTHREAD_KEYS_MAX && generation_of(k) % 2;
}

int pthread_key_create(pthread_key_t *out, void (*destructor)(void *))
{
	pthread_key_t k = 0;

	mutex_lock(&lock);
	while (k < PTHREAD_KEYS_MAX && in_use(k))
		k++;
	if (k < PTHREAD_KEYS_MAX) {
		keys[k].destructor = destructor;
		atomic_fetch_add(&keys[k].generation, 1);
		*out = k;
	}
	mutex_unlock(&lock);
	return k < PTHREAD_KEYS_MAX ? 0 : EAGAIN;
}

int pthread_key_delete(pthread_key_t k)
{
	int error = EINVAL;

	mutex_lock(&lock);
	if (in_use(k)) {
		atomic_fetch_add(&keys[k].generation, 1);
		error = 0;
	}
	mutex_unlock(&lock);
	return error;
}

static struct key_value *value_of(struct pthread *p, pthread_key_t k)
{
	struct key_value *block = p->values[k / KEYS_PER_BLOCK];

	return block ? &block[k % KEYS_PER_BLOCK] : NULL;
}

void *pthread_getspecific(pthread_key_t k)
{
	struct key_value *v;

	if (k >= PTHREAD_KEYS_MAX)
		return NULL;
	v = value_of(&pthread_own, k);
	return v && v->generation == generation_of(k) ? v->value : NULL;
}

int pthread_setspecific(pthread_key_t k, const void *value)
{
	struct key_value *v;

	if (!in_use(k))
		return EINVAL;
	v = value_of(&pthread_own, k);
	if (!v && value) {
		pthread_own.values[k / KEYS_PER_BLOCK] = kzalloc(KEYS_PER_BLOCK * sizeof(*v));
		v = value_of(&pthread_own, k);
		if (!v)
			return ENOMEM;
	}
	if (v)
		*v = (struct key_value){ generation_of(k), (void *)value };
	return 0;
}

/* True: it had a value, and the destructor may have set others. */
static bool destroy_value(struct pthread *p, pthread_key_t k)
{
	struct key_value *v = value_of(p, k);
	void *value = v && in_use(k) && v->generation == generation_of(k) ? v->value : NULL;

	if (!value)
		return false;
	v->value = NULL;
	if (!keys[k].destructor)
		return false;
	keys[k].destructor(value);
	return true;
}

void key_run_destructors(struct pthread *p)
{
	bool again = true;

	for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS && again; round++) {
		again = false;
		for (pthread_key_t k = 0; k < PTHREAD_KEYS_MAX; k++)
			again |= destroy_value(p, k);
	}
	for (unsigned i = 0; i < KEY_BLOCKS; i++)
		kfree(p->values[i]);
}
